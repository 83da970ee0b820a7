import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolve } from '../../../dns/answer/resolve.ts';
import { TYPE } from '../../../dns/wire/codes.ts';
import { containerSchema } from '../../../facts/container.ts';
import { reductionFor } from '../../../facts/index.ts';
import type { Container, JsonValue } from '../../../model/index.ts';
import { scopeOf, viewOf } from '../../../view/index.ts';
import { snapshot, type World } from '../../view/world.ts';
import { anyName, anyType, anyWorld } from '../any-world.ts';

const OPTIONS = { metadataAddress: '169.254.169.250' };
const reduce = reductionFor('dns').fact;

const reduced = (container: Container): Container =>
  reduce(`container/${container.id}`, container as unknown as JsonValue) as unknown as Container;

/** Fields of containers that these worlds do not set. */
const anyExtra = fc.record({
  image: fc.constantFrom('shop/web:1', 'x'),
  hostname: fc.constantFrom(null, 'web', 'one'),
  priority: fc.constantFrom(null, 'None', 'service_last'),
  upstreams: fc.constantFrom(null, '192.0.2.53', 'rubbish'),
});
type Extra = typeof anyExtra extends fc.Arbitrary<infer E> ? E : never;

function dressed(container: Container, { image, hostname, priority, upstreams }: Extra): Container {
  return {
    ...container,
    image,
    hostname,
    labels: {
      ...container.labels,
      'com.docker.compose.project': 'shop',
      ...(priority ? { 'io.rancher.container.dns.priority': priority } : {}),
      ...(upstreams ? { 'drover.dns.upstreams': upstreams } : {}),
    },
    addresses: container.addresses.map((address) => ({ ...address, mac: '02:42:ac:11:00:02' })),
  };
}

test('DNS answers from the reduced facts are the same as from all facts', () => {
  fc.assert(
    fc.property(anyWorld, fc.array(anyExtra), fc.nat(20), anyName, anyType, (given, extras, seed, name, type) => {
      const full = (given.containers ?? []).map((container, at) => {
        const extra = extras[at];
        return extra ? dressed(container, extra) : container;
      });
      const [one, other] = [full, full.map(reduced)].map((containers) => {
        const view = viewOf(snapshot({ ...given, containers } as World), 'a');
        const here = containers.filter(({ hostId }) => hostId === 'a');
        const scope = scopeOf(view, here[seed % (here.length + 1)] ?? null);
        const resolution = resolve(view, scope, { name, type: TYPE[type as keyof typeof TYPE] }, OPTIONS);
        return { resolution, search: scope.search, upstreams: scope.dns };
      });
      expect(other).toEqual(one);
    }),
    { numRuns: 3_000 },
  );
});

test('a reduced fact is valid, and reducing it again changes nothing', () => {
  fc.assert(
    fc.property(anyWorld, anyExtra, ({ containers = [] }, extra) => {
      for (const container of containers) {
        const once = reduced(dressed(container, extra));
        expect(containerSchema.safeParse(once).success).toBe(true);
        expect(reduced(once)).toBe(once);
        expect(Object.keys(once.labels).every((label) => /^(drover\.|io\.rancher\.container\.dns)/.test(label))).toBe(
          true,
        );
      }
    }),
    { numRuns: 100 },
  );
});

test('other or invalid facts are passed on unchanged', () => {
  expect(reduce('host', { image: 'x' })).toEqual({ image: 'x' });
  for (const value of [null, 'text', 7, [], {}, { addresses: 'none', labels: 7 }, { addresses: [null, 'x'] }])
    expect(() => reduce('container/a', value as JsonValue)).not.toThrow();
  expect(containerSchema.safeParse(reduce('container/a', { id: 'a' })).success).toBe(false);
});
