import fc from 'fast-check';
import { type Container, draftMap, type HostState, type Snapshot } from '../../model/index.ts';
import { at, BRIDGE, container, declaration, host, MANAGED } from './world.ts';

const SERVICES = ['s/web', 'S/Web', 's/web/log', 's/db', 't/web', 't/a.b', null];
const STATES = ['starting', 'running', 'stopping', 'stopped'] as const;

export const anyContainer = fc.record({
  id: fc.constantFrom('c1', 'c2', 'c3', 'c4'),
  hostId: fc.constantFrom('a', 'b'),
  name: fc.constantFrom('one', 'two', 'my.one', 'web.s'),
  service: fc.constantFrom(...SERVICES),
  state: fc.constantFrom(...STATES),
  network: fc.constantFrom(BRIDGE, MANAGED),
  address: fc.constantFrom('10.42.1.1', '10.42.1.2', null),
  linked: fc.constantFrom(null, null, 'c1', 'c2'),
  sharesWith: fc.constantFrom(null, null, null, 'c1', 'c2'),
  check: fc.constantFrom(null, null, '80', '81'),
});

type GivenContainer = typeof anyContainer extends fc.Arbitrary<infer G> ? G : never;

/** One change of the world of two hosts. */
export type Step =
  | { readonly kind: 'put'; readonly made: Container }
  | { readonly kind: 'drop'; readonly hostId: string; readonly id: string }
  | { readonly kind: 'declare'; readonly key: string; readonly sidekicks: readonly string[]; readonly there: boolean }
  | { readonly kind: 'host'; readonly hostId: string; readonly name: string; readonly there: boolean }
  | { readonly kind: 'network'; readonly hostId: string; readonly managed: boolean };

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: anyContainer.map((given) => ({ kind: 'put' as const, made: made(given) })) },
  fc.record({
    kind: fc.constant('drop' as const),
    hostId: fc.constantFrom('a', 'b'),
    id: fc.constantFrom('c1', 'c2', 'c3'),
  }),
  fc.record({
    kind: fc.constant('declare' as const),
    key: fc.constantFrom('s/web', 's/db', 's/log', 't/web'),
    sidekicks: fc.constantFrom([], ['log'], ['db']),
    there: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('host' as const),
    hostId: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('a', 'A', 'web.s', 'x.host'),
    there: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('network' as const), hostId: fc.constantFrom('a', 'b'), managed: fc.boolean() }),
);

export function made({
  id,
  network,
  address,
  linked,
  sharesWith,
  service,
  check,
  ...given
}: GivenContainer): Container {
  const addresses = address === null || sharesWith !== null ? [] : [at(network, address)];
  const networkMode = sharesWith === null ? 'bridge' : 'container';
  const links: Record<string, string> = linked === null ? {} : { other: linked };
  const labels: Record<string, string> = check === null ? {} : { 'drover.health.port': check };
  return container(id, service, null, { ...given, addresses, links, labels, networkMode, networkFrom: sharesWith });
}

function withHost(before: Snapshot, id: string, change: (state: HostState) => HostState | null): Snapshot {
  const empty: HostState = { host: null, containers: new Map(), networks: new Map(), facts: new Map() };
  const after = change(before.hosts.get(id) ?? empty);
  const hosts = draftMap(before.hosts);
  if (after) hosts.set(id, after);
  else hosts.delete(id);
  return { ...before, revision: before.revision + 1, hosts: hosts.result() };
}

/** The snapshot after a step; what the step does not touch is shared. */
export function apply(before: Snapshot, step: Step): Snapshot {
  switch (step.kind) {
    case 'put':
      return withHost(before, step.made.hostId, (state) => ({
        ...state,
        containers: new Map(state.containers).set(step.made.id, step.made),
      }));
    case 'drop':
      return withHost(before, step.hostId, (state) => ({
        ...state,
        containers: new Map([...state.containers].filter(([id]) => id !== step.id)),
      }));
    case 'declare': {
      const declarations = new Map(before.declarations);
      if (step.there)
        declarations.set(
          step.key,
          declaration(step.key, { sidekicks: step.sidekicks, vip: VIPS[before.revision % 3] ?? null }),
        );
      else declarations.delete(step.key);
      return { ...before, revision: before.revision + 1, declarations };
    }
    case 'host':
      return withHost(before, step.hostId, (state) =>
        step.there ? { ...state, host: host(step.hostId, hostChanges(step.name, before.revision)) } : null,
      );
    case 'network':
      return withHost(before, step.hostId, (state) => ({
        ...state,
        networks: new Map(
          [...state.networks].map(([id, net]) => [id, { ...net, kind: step.managed ? 'managed' : 'bridge' }] as const),
        ),
      }));
  }
}

const VIPS = ['10.43.0.1', '192.0.2.1', null];

function hostChanges(name: string, revision: number) {
  const subnets = revision % 4 === 0 ? [] : [`10.42.${revision % 3}.0/24`];
  return { name, address: `192.0.2.${revision % 2}`, subnets };
}
