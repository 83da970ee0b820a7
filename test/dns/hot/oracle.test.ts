import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Resolution } from '../../../dns/query/resolution.ts';
import { TYPE } from '../../../dns/wire/codes.ts';
import type { Snapshot } from '../../../model/index.ts';
import { type HostView, viewOf } from '../../../view/index.ts';
import { sharing } from '../../view/sharing.ts';
import { at, BRIDGE, container, declaration, network, snapshot, type World } from '../../view/world.ts';
import { anyName, anyType, anyWorld } from '../any-world.ts';
import { createPaths } from './paths.ts';
import { type QueryForm, queryOf, sameWhicheverIsFirst } from './queries.ts';

const anyForm: fc.Arbitrary<QueryForm> = fc.record({
  id: fc.nat(0xffff),
  recursionDesired: fc.boolean(),
  flags: fc.constantFrom(0, 0, 0x10, 0x20, 0x30),
  caps: fc.constantFrom(0, 0, 0x55555555, -1),
  edns: fc.constantFrom(
    undefined,
    undefined,
    { payload: 1_232, dnssecOk: false },
    { payload: 4_096, dnssecOk: true },
    { payload: 0, dnssecOk: false },
    { payload: 600, dnssecOk: true },
  ),
}) as fc.Arbitrary<QueryForm>;

/** Askers: addresses of containers of host `a`, and one that no container has. */
const anyFrom = fc.oneof(
  fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 3 })).map(([index, n]) => `127.1.${index}.${n}`),
  fc.constantFrom('198.51.100.7', '127.1.9.31', '127.1.9.32'),
);

const anyChange = fc.record({
  what: fc.constantFrom('container', 'container', 'declaration', 'host', 'network', 'nothing', 'world'),
  at: fc.nat(20),
  drop: fc.boolean(),
  from: anyWorld,
});

type AnyChange = typeof anyChange extends fc.Arbitrary<infer C> ? C : never;

function changed(world: World, { what, at, drop, from }: AnyChange): World {
  const replaced = <T>(list: readonly T[] = [], others: readonly T[] = []): readonly T[] => {
    const index = at % (list.length + 1);
    const other = others[index];
    return [...list.slice(0, index), ...(drop || other === undefined ? [] : [other]), ...list.slice(index + 1)];
  };
  switch (what) {
    case 'container':
      return { ...world, containers: replaced(world.containers, from.containers) };
    case 'declaration':
      return { ...world, declarations: replaced(world.declarations, from.declarations) };
    case 'host':
      return { ...world, hosts: (world.hosts ?? []).map((one) => ({ ...one, address: `192.0.2.${at}` })) };
    case 'network':
      return {
        ...world,
        networks: [network('a', 'six', { kind: at % 2 ? 'managed' : 'bridge' }), network('b', BRIDGE)],
      };
    case 'world':
      return from;
    default:
      return world;
  }
}

/** Part of every world, so that rare cases occur in all: several addresses, one address per answer, weights, an alias. */
const CORE: Required<Pick<World, 'containers' | 'declarations'>> = {
  containers: [1, 2, 3]
    .flatMap((n) => [
      container(`app-${n}`, 'core/app', `127.1.9.${n}`, { labels: { 'drover.weight': `${n}` } }),
      container(`solo-${n}`, 'core/solo', `127.1.9.${10 + n}`),
    ])
    .concat(
      // Too many addresses for a client without EDNS.
      Array.from({ length: 40 }, (_, n) => container(`many-${n}`, 'core/many', `127.1.8.${n + 1}`)),
      // On two networks; each asker is on one of them.
      container('dual', null, null, { addresses: [at(BRIDGE, '127.1.9.21'), at('six', '127.1.9.22')] }),
      container('left', null, null, { addresses: [at(BRIDGE, '127.1.9.31')] }),
      container('right', null, null, { addresses: [at('six', '127.1.9.32')], dnsSearch: ['corp'] }),
    ),
  declarations: [
    declaration('core/solo', { options: { answers: 'one', dns: { txt: ['text'] } } }),
    declaration('core/www', { kind: 'externalService', hostname: 'app.core.rancher.internal.' }),
  ],
};

function snapshotOf(world: World, revision: number): Snapshot {
  const { containers = [], declarations = [] } = world;
  const made = snapshot({
    ...world,
    revision,
    containers: [...CORE.containers, ...containers],
    declarations: [...CORE.declarations, ...declarations],
  });
  // A suffix of one label, which can also be a search domain.
  return { ...made, environment: { ...made.environment, suffixes: [...made.environment.suffixes, 'lan.'] } };
}

const QUESTIONS = [
  'web.shop',
  'db.shop',
  'web',
  'one',
  'my.one',
  'all.web.shop',
  'a.host',
  'shop',
  'app.core',
  'solo.core',
  'www.core',
]
  .flatMap((name) => [name, `${name}.rancher.internal`, `${name}.drover.internal`])
  .flatMap((name) => ['A', 'AAAA', 'SRV', 'TXT'].map((type) => ({ name, type })))
  .concat([1, 2, 3].map((n) => ({ name: `${n}.9.1.127.in-addr.arpa`, type: 'PTR' })));

/** Each has to occur often, or the test proves nothing. */
const KINDS = [
  'addresses',
  'in turns',
  'one',
  'weights',
  'chain',
  'nodata',
  'nxdomain',
  'services',
  'texts',
  'pointer',
];

function traitsOf(resolution: Resolution | null): readonly string[] {
  if (!resolution) return [];
  const isMany = resolution.kind === 'addresses' && resolution.addresses.length > 1;
  return [
    resolution.kind,
    ...('aliases' in resolution && resolution.aliases.length > 0 ? ['chain'] : []),
    ...(isMany ? ['in turns', ...(resolution.give === 'one' ? ['one'] : [])] : []),
    ...(isMany && resolution.weights ? ['weights'] : []),
  ];
}

/** After each step, compares the hot path, which saw all steps, with a general path that was just created. */
test('after any queries and changes both paths give the same answer', () => {
  const kinds = new Map<string, number>();
  let asked = 0;
  const anyQuestion = fc.record({ name: anyName, type: anyType, form: anyForm, from: anyFrom });
  fc.assert(
    fc.property(
      anyWorld,
      fc.array(anyChange, { minLength: 1, maxLength: 6 }),
      fc.array(anyQuestion, { minLength: 10, maxLength: 30 }),
      (world, steps, given) => {
        let now: World = world;
        let view: HostView = viewOf(snapshotOf(world, 1), 'a');
        // Only a few names that do not exist are kept, so the others are answered with the reply of their zone.
        const living = createPaths(() => view, { maxNegatives: 5 });
        const regular = QUESTIONS.map((question, n) => ({
          ...question,
          ...(given[n % given.length] as (typeof given)[0]),
        }));
        const questions = [
          ...given,
          ...regular.map((one, n) => ({ ...one, ...(QUESTIONS[n] as (typeof QUESTIONS)[0]) })),
        ];
        for (const step of [null, ...steps]) {
          if (step) {
            now = changed(now, step);
            const next: Snapshot = snapshotOf(now, view.revision + 1);
            view = viewOf(sharing(view.snapshot, next), 'a', view);
          }
          const fresh = viewOf(view.snapshot, 'a');
          const newborn = createPaths(() => fresh, { maxBytes: 64 * 1024 });
          for (const { name, type, form, from } of questions) {
            const query = queryOf(name, TYPE[type as keyof typeof TYPE], form);
            const reply = living.answerHot(query, from);
            asked += 1;
            if (reply === null) continue;
            const { reply: expected, details } = newborn.answerGeneral(query, from);
            const kind = details.resolution?.kind ?? 'none';
            for (const trait of traitsOf(details.resolution)) kinds.set(trait, (kinds.get(trait) ?? 0) + 1);
            const told = `${name} ${type} from ${from}, ${kind}`;
            if (!expected) throw new Error(`only the hot path has an answer at once: ${told}`);
            if (reply.equals(expected)) continue;
            expect([told, sameWhicheverIsFirst(reply, details.resolution)]).toEqual([
              told,
              sameWhicheverIsFirst(expected, details.resolution),
            ]);
          }
          expect(living.hot.stats().faults).toBe(0);
        }
      },
    ),
    { numRuns: 30 },
  );
  const total = [...kinds.values()].reduce((sum, count) => sum + count, 0);
  console.info(`${total} of ${asked} from the hot path: ${JSON.stringify(Object.fromEntries(kinds))}`);
  for (const kind of KINDS) {
    expect([kind, (kinds.get(kind) ?? 0) > 20]).toEqual([kind, true]);
  }
});
