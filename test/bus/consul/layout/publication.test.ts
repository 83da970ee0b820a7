import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketCount, decodeBucket, parseHostRecord } from '../../../../bus/consul/layout/convert.ts';
import { type Published, planPublication } from '../../../../bus/consul/layout/publication.ts';
import type { Operation } from '../../../../bus/consul/wire/api.ts';
import type { FactMap } from '../../../../bus/index.ts';

const target = { recordKey: 'n/07/a', groupKey: 'g/07', factsPrefix: 'd/a/', session: 's' };
const nothing: Published = { facts: new Map(), tokens: [] };
const facts = (count: number, value: unknown = 'v'): FactMap =>
  new Map(Array.from({ length: count }, (_, n) => [`container/${n}`, { n, value } as never]));

/** Applies operations like Consul and reads the result like another host. */
function store() {
  const keys = new Map<string, { value: Buffer; flags: number }>();
  const apply = (operations: readonly Operation[]): void => {
    expect(operations.length).toBeLessThanOrEqual(64);
    expect(
      JSON.stringify(operations.map((one) => ('value' in one ? one.value.toString('base64') : ''))).length,
    ).toBeLessThan(512 * 1024);
    for (const one of operations) {
      if (one.verb === 'set') keys.set(one.key, { value: one.value, flags: one.flags ?? 0 });
      if (one.verb === 'lock') keys.set(one.key, { value: one.value, flags: 0 });
      if (one.verb === 'delete-tree') for (const key of keys.keys()) if (key.startsWith(one.key)) keys.delete(key);
    }
  };
  const read = (): FactMap => {
    const tokens = parseHostRecord(keys.get(target.recordKey)?.value ?? Buffer.from('')) ?? [];
    const buckets = tokens
      .filter((token) => token !== null)
      .map((token) => {
        const parts = [...keys]
          .filter(([key]) => key.startsWith(target.factsPrefix + token))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        return decodeBucket({
          value: Buffer.concat(parts.map(([, part]) => part.value)),
          flags: parts[0]?.[1].flags ?? 0,
        });
      });
    return new Map(buckets.flatMap((bucket) => [...bucket]));
  };
  const values = () => [...keys.keys()].filter((key) => key.startsWith(target.factsPrefix)).length;
  return { apply, read, values };
}

function publish(consul: ReturnType<typeof store>, before: Published, after: FactMap): Published {
  const plan = planPublication(before, after, target);
  for (const operations of plan.first) consul.apply(operations);
  consul.apply(plan.last);
  return plan.published;
}

describe('planPublication()', () => {
  test('the change of one fact is one transaction: new bucket, host record, group key, deletion of the old bucket', () => {
    const consul = store();
    const before = publish(consul, nothing, facts(20));
    const changed = new Map(facts(20)).set('container/3', { n: 3, value: 'other' });
    const plan = planPublication(before, changed, target);
    expect(plan.first).toEqual([]);
    expect(plan.last.map(({ verb, key }) => `${verb} ${key.slice(0, 4)}`)).toEqual([
      'set d/a/', 'lock n/07', 'set g/07', 'delete-tree d/a/',
    ]); // biome-ignore format: one line
  });

  test('the host record comes last if the publish does not fit into one transaction', () => {
    const noise = new Map(Array.from({ length: 40 }, (_, n) => [`container/${n}`, randomText(40_000, n) as never]));
    const plan = planPublication(nothing, noise, target);
    expect(plan.first.length).toBeGreaterThan(1);
    expect(plan.first.flat().every(({ verb, key }) => verb === 'set' && key.startsWith('d/a/'))).toBe(true);
    expect(plan.last.map(({ verb }) => verb)).toEqual(['lock', 'set']);
    const consul = store();
    publish(consul, nothing, noise);
    expect(new Map([...consul.read()].sort())).toEqual(new Map([...noise].sort()));
  });

  test('a fact may be larger than a value in Consul', () => {
    const consul = store();
    const large: FactMap = new Map([['container/1', randomText(900_000, 1) as never]]);
    const before = publish(consul, nothing, large);
    expect(consul.read()).toEqual(large);
    publish(consul, before, new Map([['container/1', 1]]));
    expect(consul.values()).toBe(1);
  });

  test('after any changes, readers see the published facts, and no other bucket is left', () => {
    const change = fc.tuple(fc.integer({ min: 0, max: 90 }), fc.option(fc.jsonValue(), { nil: null }));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 40 }), { maxLength: 8 }), (rounds) => {
        const consul = store();
        let before = publish(consul, nothing, facts(1));
        for (const round of rounds) {
          const after = new Map(before.facts);
          for (const [n, value] of round) {
            if (value === null) after.delete(`container/${n}`);
            else after.set(`container/${n}`, JSON.parse(JSON.stringify(value)) as never);
          }
          before = publish(consul, before, after);
          expect(Object.fromEntries(consul.read())).toEqual(Object.fromEntries(after));
        }
        expect(consul.values()).toBe(new Set(before.tokens.filter((token) => token !== null)).size);
      }),
      { numRuns: 60 },
    );
  });

  test('equal facts in any order give the same buckets', () => {
    const shuffled = new Map([...facts(50)].reverse());
    expect(planPublication(nothing, shuffled, target).published.tokens).toEqual(
      planPublication(nothing, facts(50), target).published.tokens,
    );
  });
});

test.each([
  [0, 0, 1],
  [16, 0, 1],
  [17, 0, 2],
  [24, 1, 1],
  [25, 1, 2],
  [25, 8, 2],
  [48, 8, 8],
  [47, 8, 4],
  [1_000, 0, 64],
])('bucketCount() of %i facts in %i buckets is %i', (count, current, expected) => {
  expect(bucketCount(count, current)).toBe(expected);
});

/** Hardly compressible. */
function randomText(length: number, seed: number): string {
  let state = seed + 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 90));
  };
  return Array.from({ length }, next).join('');
}
