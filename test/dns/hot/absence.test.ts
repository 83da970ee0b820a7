import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Absence } from '../../../dns/hot/absence.ts';
import { wireName } from '../../../dns/hot/canonical-query.ts';
import { mix } from '../../../dns/hot/hash.ts';
import { HashSet } from '../../../dns/hot/hash-set.ts';
import type { Negative } from '../../../dns/hot/negatives.ts';
import type { Asker } from '../../../dns/query/name-source.ts';

const SEED = 0x12345678;
const SHOP = 'shop.internal.';
const INTERNAL = 'internal.';

/** A state of names, relative to both zones, and what is certain of it. */
function createSubject(names: Set<string>, zones: () => readonly string[] = () => [INTERNAL, SHOP]) {
  const closed = {
    zones,
    names: () => [...names].flatMap((name) => zones().map((zone) => `${name}.${zone}`)),
    namesByChange: (key: string) => zones().map((zone) => `${key}.${zone}`),
  };
  const negatives = { of: (zone: string) => ({ zone }) as unknown as Negative, forget: () => undefined };
  const absence = new Absence<Asker>({ closed }, negatives, SEED);
  const zoneOf = (wire: Uint8Array): string | null => {
    const { key, mixed } = keyOf(wire);
    return (absence.negativeFor(key, wire.length, mixed) as unknown as { zone: string } | null)?.zone ?? null;
  };
  return {
    absence,
    finish: () => {
      while (!absence.step());
    },
    /** The zone in whose name it is refused; null: it is not. */
    ask: (name: string) => zoneOf(wireName(name) as Buffer),
    askWire: zoneOf,
  };
}

/** As the loop has it. */
function keyOf(wire: Uint8Array) {
  const key = new Int32Array(64);
  for (const [at, byte] of wire.entries()) key[at >> 2] = (key[at >> 2] as number) | (byte << ((at & 3) * 8));
  let mixed = SEED;
  for (let n = 0; n < (wire.length + 3) >> 2; n += 1) mixed = mix(mixed, key[n] as number);
  return { key, mixed };
}

describe('Absence', () => {
  let names: Set<string>;
  let subject: ReturnType<typeof createSubject>;
  beforeEach(() => {
    names = new Set(['web', 'log.web', 'x'.repeat(63)]);
    subject = createSubject(names);
    subject.absence.changed('everything');
  });

  test('says nothing before all names were hashed', () => {
    expect(subject.ask('nosuch.internal')).toBeNull();
    subject.finish();
    expect(subject.ask('nosuch.internal')).toBe(INTERNAL);
  });

  test('refuses what is not there, in the name of the innermost zone, and nothing else', () => {
    subject.finish();
    expect(subject.ask('nosuch.shop.internal')).toBe(SHOP);
    expect(subject.ask('a.b.c.internal')).toBe(INTERNAL);
    expect(subject.ask('web.web.internal')).toBe(INTERNAL);
    const others = [
      'web.internal',
      'log.web.shop.internal',
      `${'x'.repeat(63)}.internal`,
      'internal',
      'shop.internal',
      '',
    ];
    for (const name of [...others, 'example.com', 'xinternal', 'nosuch.xinternal', 'internal.nosuch'])
      expect([name, subject.ask(name)]).toEqual([name, null]);
  });

  test('what may exist though nobody bears it is left to whoever looks closer', () => {
    subject.finish();
    for (const name of ['_http._tcp.web', '_tcp.nosuch', 'all.nosuch', 'one.node1.host', 'host'])
      expect([name, subject.ask(`${name}.internal`)]).toEqual([name, null]);
    for (const name of ['ball.nosuch', 'nosuch.all', 'hosts', 'host.nosuch', 'a_', 'ghost'])
      expect([name, subject.ask(`${name}.internal`)]).toEqual([name, INTERNAL]);
  });

  test('labels that are other ones as text are left, too', () => {
    subject.finish();
    for (const label of ['a.b', 'a\\', 'a b', 'a\u00e9', 'a\0'])
      expect(subject.askWire(Buffer.from(`\x03${label.padEnd(3, 'x')}\x08internal\0`, 'latin1'))).toBeNull();
    expect(subject.askWire(Buffer.from('\x03axx\x08internal\0', 'latin1'))).toBe(INTERNAL);
  });

  test('follows changes, and what only one asker has', () => {
    subject.finish();
    names.add('new');
    subject.absence.changed(new Set(['new']));
    expect(subject.ask('new.shop.internal')).toBeNull();
    subject.absence.know({ key: '', label: '', dns: [], ownNames: ['db.internal.'] });
    expect(subject.ask('db.internal')).toBeNull();
    expect(subject.ask('db.shop.internal')).toBe(SHOP);
  });

  test('is of another mind when everything has changed', () => {
    subject.finish();
    names.delete('web');
    names.add('other');
    subject.absence.changed('everything');
    expect(subject.ask('web.internal')).toBeNull();
    subject.finish();
    expect([subject.ask('web.internal'), subject.ask('other.internal')]).toEqual([INTERNAL, null]);
  });

  test('forgets in time what has gone, and nothing that came meanwhile', () => {
    subject.finish();
    for (let n = 0; n < 5_000; n += 1) subject.absence.changed(new Set([`gone-${n}`]));
    expect(subject.ask('gone-7.internal')).toBeNull();
    subject.absence.changed(new Set(['late']));
    names.add('later');
    subject.absence.changed(new Set(['later']));
    subject.absence.know({ key: '', label: '', dns: [], ownNames: ['own.internal.'] });
    subject.finish();
    expect(subject.ask('gone-7.internal')).toBe(INTERNAL);
    for (const name of ['late', 'later', 'own', 'web'])
      expect([name, subject.ask(`${name}.internal`)]).toEqual([name, null]);
  });

  test('without zones nothing is certain, and without certainty nothing is refused', () => {
    const none = createSubject(names, () => []);
    none.absence.changed('everything');
    none.finish();
    expect(none.ask('nosuch.internal')).toBeNull();
    const absence = new Absence<Asker>({}, { of: () => null, forget: () => undefined }, SEED);
    absence.changed('everything');
    const { key, mixed } = keyOf(wireName('nosuch.internal') as Buffer);
    expect(absence.negativeFor(key, 17, mixed)).toBeNull();
  });
});

test('HashSet has what was added, however much', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 2_000 }), (numbers) => {
      const set = new HashSet();
      for (const number of [...numbers, 0]) set.add(number);
      const distinct = new Set([...numbers, 0].map((number) => number || 1));
      expect(set.size).toBe(distinct.size);
      for (const number of distinct) expect(set.has(number)).toBe(true);
      for (let n = 0; n < 50; n += 1) {
        const other = (n * 0x9e3779b1) | 0;
        expect(set.has(other)).toBe(distinct.has(other || 1));
      }
    }),
  );
});
