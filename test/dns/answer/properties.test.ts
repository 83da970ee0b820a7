import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolve } from '../../../dns/answer/resolve.ts';
import type { Resolution } from '../../../dns/query/resolution.ts';
import { TYPE } from '../../../dns/wire/codes.ts';
import type { Container } from '../../../model/index.ts';
import {
  ASKER,
  type DependencyKey,
  differences,
  type HostView,
  networksText,
  reachesManaged,
  scopeOf,
  viewOf,
} from '../../../view/index.ts';
import { BRIDGE, network, snapshot, type World } from '../../view/world.ts';
import { anyName, anyType, anyWorld } from '../any-world.ts';

const OPTIONS = { metadataAddress: '169.254.169.250' };

function view(world: World, previous?: HostView): HostView {
  return viewOf(snapshot({ ...world, revision: (previous?.revision ?? 0) + 1 }), 'a', previous);
}

/** No container (null), or a container of this host. */
function askerOf({ containers = [] }: World, seed: number): Container | null {
  const here = containers.filter(({ hostId }) => hostId === 'a');
  return here[seed % (here.length + 1)] ?? null;
}

function resolveFor(world: World, asker: Container | null, name: string, type: string): Resolution {
  const seen = view(world);
  return resolve(seen, scopeOf(seen, asker), { name, type: TYPE[type as keyof typeof TYPE] }, OPTIONS);
}

function ask(world: World, seed: number, name: string, type: string): Resolution {
  return resolveFor(world, askerOf(world, seed), name, type);
}

const isUnder = (name: string) => /(^|\.)(rancher|drover)\.internal$/i.test(name);

describe('for any state, asker and name', () => {
  test('there is a valid answer: loops of names, aliases and links end', () => {
    fc.assert(
      fc.property(anyWorld, fc.nat(20), anyName, anyType, (world, seed, name, type) => {
        const found = ask(world, seed, name, type);
        if (isUnder(name)) expect(found.kind).not.toBe('forward');
        const isAboutZone = ['SOA', 'NS'].includes(type);
        if (!name.includes('.') && name !== 'localhost') expect(found.kind === 'forward').toBe(isAboutZone);
        if (found.kind === 'addresses') {
          expect(found.addresses.length).toBeGreaterThan(0);
          expect(new Set(found.addresses).size).toBe(found.addresses.length);
          expect(found.weights?.length ?? found.addresses.length).toBe(found.addresses.length);
        }
        if ('aliases' in found) expect(found.aliases.length).toBeLessThanOrEqual(10);
        if (found.kind === 'services') expect(found.services.length).toBeGreaterThan(0);
        if (found.kind === 'failure' && world.complete) {
          const circle = (world.declarations ?? []).some(({ hostname }) => hostname?.endsWith('rancher.internal.'));
          expect(circle).toBe(true);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  test('whether a name exists does not depend on the type, and nothing exists below a missing name [RFC 8020]', () => {
    const anyBelow = fc.constantFrom('x', 'web', 'all', '_tcp');
    fc.assert(
      fc.property(anyWorld, anyName, anyType, anyBelow, (given, name, type, below) => {
        if (!isUnder(name)) return;
        const world = { ...given, complete: true };
        const isMissing = (asked: string, of: string) => {
          const found = resolveFor(world, null, asked, of);
          return found.kind === 'nxdomain' && found.aliases.length === 0;
        };
        expect(isMissing(name, 'A')).toBe(isMissing(name, type));
        if (isMissing(name, type)) expect(isMissing(`${below}.${name}`, 'A')).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('every suffix has the same names', () => {
    fc.assert(
      fc.property(anyWorld, fc.nat(20), anyName, anyType, (world, seed, name, type) => {
        if (!(!name.includes('internal') && !name.includes('arpa'))) return;
        const under = (suffix: string) => {
          const found = ask(world, seed, `${name}.${suffix}`, type);
          return JSON.stringify(found).replaceAll(suffix, 'SUFFIX').replaceAll('rancher.internal', 'SUFFIX');
        };
        expect(under('drover.internal')).toBe(under('rancher.internal'));
      }),
      { numRuns: 1_000 },
    );
  });

  test('the search list finds the records of the full name', () => {
    fc.assert(
      fc.property(anyWorld, fc.nat(20), anyName, (world, seed, name) => {
        if (isUnder(name)) return;
        const short = ask(world, seed, name, 'A');
        if (!(short.kind === 'addresses')) return;
        const scope = scopeOf(view(world), askerOf(world, seed));
        const whole = scope.search.map((domain) => ask(world, seed, `${name}.${domain.slice(0, -1)}`, 'A'));
        const texts = whole.map((found) => (found.kind === 'addresses' ? found.addresses.join() : ''));
        expect(short.kind === 'addresses' && texts.includes(short.addresses.join())).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a name that does not end in a stack is not completed', () => {
    fc.assert(
      fc.property(anyWorld, fc.nat(20), anyName, (world, seed, name) => {
        const last = name.toLowerCase().split('.').at(-1) ?? '';
        const rest = name.toLowerCase().replace(/^(all\.|(_[^.]*\.)?_(tcp|udp|sctp)\.)/, '');
        if (!(rest.includes('.') && !isUnder(name) && !name.includes('arpa'))) return;
        // Names of sidekicks in these worlds.
        if (/^(log|web)\./.test(rest)) return;
        const stacks = [...view(world).stacks.keys()];
        if (!(!stacks.includes(last) || last === 'com')) return;
        // Names of Docker: an alias with dots, and any name followed by a network of the client.
        const { networks } = scopeOf(view(world), askerOf(world, seed));
        if (['my.one', 'www.example'].includes(rest) || networks.some((one) => one.name === last)) return;
        expect(ask(world, seed, name, 'A').kind).toBe('forward');
      }),
      { numRuns: 1_000 },
    );
  });
});

/** The world with one thing replaced, added or removed. */
const anyChange = fc.record({
  what: fc.constantFrom('container', 'declaration', 'host', 'network'),
  at: fc.nat(20),
  drop: fc.boolean(),
  from: anyWorld,
});

type AnyChange = typeof anyChange extends fc.Arbitrary<infer C> ? C : never;

function changed(world: World, { what, at, drop, from }: AnyChange): World {
  const replaced = <T>(list: readonly T[] = [], others: readonly T[] = []): readonly T[] => {
    const index = at % (list.length + 1);
    const other = others[index];
    const instead = drop || other === undefined ? [] : [other];
    return [...list.slice(0, index), ...instead, ...list.slice(index + 1)];
  };
  switch (what) {
    case 'container':
      return { ...world, containers: replaced(world.containers, from.containers) };
    case 'declaration':
      return { ...world, declarations: unique(replaced(world.declarations, from.declarations)) };
    case 'host':
      return { ...world, hosts: (world.hosts ?? []).map((one) => ({ ...one, address: '192.0.2.77' })) };
    default:
      return {
        ...world,
        networks: [network('a', 'six', { kind: 'managed' }), network('b', BRIDGE, { kind: 'managed' })],
      };
  }
}

const QUESTIONS = [
  'web.shop',
  'db.shop',
  'web.db',
  'all.web',
  'log.web.shop',
  'a.b.com',
  'one',
  'my.one',
  'a.host',
  'web',
  'www',
]
  .flatMap((name) => [name, `${name}.rancher.internal`, `all.${name}`, `_80._tcp.${name}.rancher.internal`])
  .flatMap((name) => ['A', 'AAAA', 'SRV'].map((type) => [name, type] as const));

test('an answer stays the same until one of its dependencies changes', () => {
  let kept = 0;
  fc.assert(
    fc.property(anyWorld, anyChange, fc.nat(20), (world, change, seed) => {
      const before = view(world);
      const after = viewOf(sharing(before, changed(world, change)), 'a', before);
      const difference = differences(before, after);
      const asker = askerOf(world, seed);
      // An asker that changed, or that has other names or another network, is another asker.
      if (asker && asker.networkMode !== 'bridge') return;
      if (asker && after.snapshot.hosts.get('a')?.containers.get(asker.id) !== asker) return;
      if (asker && networksText(before, asker) !== networksText(after, asker)) return;
      const [then, now] = [scopeOf(before, asker), scopeOf(after, asker)];
      if (JSON.stringify([...then.links, then.search]) !== JSON.stringify([...now.links, now.search])) return;
      for (const [name, type] of QUESTIONS) {
        const question = { name, type: TYPE[type as keyof typeof TYPE] };
        const keys = new Set<DependencyKey>();
        const found = resolve(before, then, question, OPTIONS, { depends: (on) => void keys.add(on) });
        if (difference === 'everything' || [...keys].some((key) => difference.has(key))) continue;
        kept += 1;
        const again = resolve(after, now, question, OPTIONS);
        if (JSON.stringify(again) !== JSON.stringify(found)) expect([name, type, again]).toEqual([name, type, found]);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(kept).toBeGreaterThan(10_000);
});

test('an answer that does not depend on the asker is the same for all askers on the managed network without names of their own', () => {
  let alike = 0;
  fc.assert(
    fc.property(anyWorld, fc.nat(20), fc.nat(20), (world, one, other) => {
      const seen = view(world);
      const scopes = [one, other].map((seed) => scopeOf(seen, askerOf(world, seed)));
      if (scopes.some(({ links, container }) => links.size > 0 || !reachesManaged(seen, container))) return;
      for (const [name, type] of QUESTIONS) {
        const question = { name, type: TYPE[type as keyof typeof TYPE] };
        const keys = new Set<DependencyKey>();
        const found = scopes.map((scope) =>
          resolve(seen, scope, question, OPTIONS, { depends: (on) => void keys.add(on) }),
        );
        if (keys.has(ASKER)) continue;
        alike += 1;
        if (JSON.stringify(found[0]) !== JSON.stringify(found[1]))
          expect([name, type, found[0]]).toEqual([name, type, found[1]]);
      }
    }),
    { numRuns: 500 },
  );
  expect(alike).toBeGreaterThan(1_000);
});

function unique<T extends { readonly stack: string; readonly name: string }>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map((one) => [`${one.stack}/${one.name}`, one])).values()];
}

/** The snapshot of another world that shares all equal parts, as the state's own snapshots do. */
function sharing(before: HostView, world: World) {
  const next = snapshot({ ...world, revision: before.revision + 1 });
  const keep = <V>(old: ReadonlyMap<string, V> | undefined, now: ReadonlyMap<string, V>) => {
    const map = new Map([...now].map(([key, value]) => [key, same(old?.get(key), value)] as const));
    return old && old.size === map.size && [...map].every(([key, value]) => old.get(key) === value) ? old : map;
  };
  const hosts = new Map(
    [...next.hosts].map(([id, state]) => {
      const old = before.snapshot.hosts.get(id);
      const networks = keep(old?.networks, state.networks);
      return [
        id,
        {
          ...state,
          host: same(old?.host ?? null, state.host),
          networks,
          containers: keep(old?.containers, state.containers),
        },
      ] as const;
    }),
  );
  return {
    ...next,
    environment: before.snapshot.environment,
    hosts,
    declarations: keep(before.snapshot.declarations, next.declarations),
  };
}

function same<V>(old: V | undefined, now: V): V {
  return old !== undefined && JSON.stringify(old) === JSON.stringify(now) ? old : now;
}
