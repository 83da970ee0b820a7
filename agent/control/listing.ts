import {
  type Container,
  type ContainerExit,
  type ContainerState,
  componentStatuses,
  type HealthState,
  type ServiceKind,
  type Snapshot,
} from '../../model/index.ts';
import {
  type CheckerVote,
  containerAddress,
  createVotesBehind,
  type Endpoint,
  type Endpoints,
  endpointsOf,
  type HostView,
  isReady,
  lookupName,
  noSharedNetwork,
  type ServiceView,
  type Standing,
  scopeOf,
  serviceOf,
  unsharedClients,
  type VotesBehind,
} from '../../view/index.ts';
import type { Published } from './lb/published.ts';
import { unsharedText } from './service-problems.ts';

/** An endpoint of a service, and whether it is answered. */
export interface EndpointRow {
  /** Null for an external address. */
  readonly container: string | null;
  readonly host: string | null;
  readonly address: string | null;
  readonly answered: boolean;
  /** Why it is answered or not. */
  readonly reason: string;
  /** Its row in the table of docs/dns.md; null without a container. Agents of earlier versions do not tell. */
  readonly standing?: Standing | null;
  /** What the hosts that check it say, if its health is the reason. Agents of earlier versions do not tell. */
  readonly votes?: readonly CheckerVote[];
  /** Exit status and time of a stopped or restarting container. */
  readonly exit: ContainerExit | null;
}

export interface ServiceRow {
  readonly stack: string;
  readonly service: string;
  readonly kind: ServiceKind;
  /** Number of endpoints that are ready and reachable. Agents of earlier versions do not tell. */
  readonly ready?: number;
  /** Number of endpoints that DNS answers. */
  readonly answered: number;
  readonly total: number;
  readonly endpoints: readonly EndpointRow[];
  readonly notes: readonly string[];
  /** The host name of an external service, without trailing dot. */
  readonly externalName?: string | null;
  /** Where the load balancer of this host publishes it. Agents of earlier versions do not tell. */
  readonly published?: readonly string[];
}

export interface ContainerRow {
  readonly name: string;
  readonly id: string;
  readonly host: string;
  readonly stack: string | null;
  readonly service: string | null;
  readonly state: ContainerState;
  readonly health: HealthState | null;
  /** Exit status and time of a stopped or restarting container. */
  readonly exit: ContainerExit | null;
  /** Its address as seen from this host; null if it is not reachable, `reason` says why. */
  readonly address: string | null;
  readonly via: string | null;
  readonly reason: string | null;
  readonly image: string;
}

export interface HostRow {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** Whether it is this host. */
  readonly self: boolean;
  readonly subnets: readonly string[];
  readonly containers: number;
  readonly agentVersion: string;
  readonly incarnation: number;
  /** Components of the host that do not work as they should; empty also when an older agent does not tell. */
  readonly failing: readonly string[];
}

/** All services of the environment by name, with every endpoint and why it is answered or not. */
export function listServices(view: HostView, published: Published): readonly ServiceRow[] {
  const unshared = new Map(unsharedClients(view).map(({ service, clients }) => [service.key, clients]));
  const votesBehind = createVotesBehind(view);
  return eachService(view, (service) => ({
    ...serviceRow(view, service, unshared.get(service.key) ?? [], votesBehind),
    published: published.get(service.key) ?? [],
  }));
}

/** The numbers of endpoints alone: they are cheap. */
export function countEndpoints(view: HostView): readonly ServiceCounts[] {
  return eachService(view, (service) => countsOf(endpointsOf(view, service)));
}

export type ServiceCounts = Required<Pick<ServiceRow, 'stack' | 'service' | 'ready' | 'answered' | 'total'>>;

function eachService<T>(view: HostView, read: (service: ServiceView) => T) {
  return [...view.stacks.values()].flatMap((stack) =>
    [...stack.services].map(([relativeKey, service]) => ({
      stack: stack.name,
      service: relativeKey.includes('/') ? `${service.primaryService}/${service.name}` : service.name,
      ...read(service),
    })),
  );
}

function countsOf({ answer, all }: Endpoints) {
  return { ready: all.filter(isReady).length, answered: answer.length, total: all.length };
}

function serviceRow(
  view: HostView,
  service: ServiceView,
  unshared: readonly Container[],
  votesBehind: VotesBehind,
): Omit<ServiceRow, 'stack' | 'service'> {
  const endpoints = endpointsOf(view, service);
  const { all, notes } = endpoints;
  const names = unshared.map(({ name }) => name);
  return {
    kind: service.kind,
    ...countsOf(endpoints),
    endpoints: all.map((endpoint) => ({
      ...endpointRow(view, endpoint),
      votes: votesBehind(endpoint.container, endpoint.standing),
    })),
    notes: names.length === 0 ? notes : [...notes, unsharedText(names, noSharedNetwork(view))],
    externalName: externalName(view, service),
  };
}

function endpointRow({ snapshot }: HostView, endpoint: Endpoint): EndpointRow {
  const { container, address, answered, reason, standing } = endpoint;
  return {
    container: container?.name ?? null,
    host: container ? hostName(snapshot, container.hostId) : null,
    address,
    answered,
    reason,
    standing,
    exit: container?.exit ?? null,
  };
}

/** The host name that a service is another name for. */
function externalName(view: HostView, { kind, key }: ServiceView): string | null {
  if (kind !== 'externalService' && kind !== 'dnsService') return null;
  const [stack = '', name = ''] = key.split('/');
  const [suffix = ''] = view.snapshot.environment.suffixes;
  const { meaning } = lookupName(view, scopeOf(view, null), `${name}.${stack}.${suffix}`);
  return meaning.kind === 'cname' ? meaning.target.replace(/\.$/, '') : null;
}

/** All containers of the environment by host (this host first), then by name. */
export function listContainers(view: HostView): readonly ContainerRow[] {
  const rows = [...view.snapshot.hosts.values()].flatMap(({ containers }) =>
    [...containers.values()].map((container) => containerRow(view, container)),
  );
  const own = hostName(view.snapshot, view.hostId);
  const rank = ({ host }: ContainerRow) => (host === own ? 0 : 1);
  return rows.sort(
    (a, b) => rank(a) - rank(b) || compare(a.host, b.host) || compare(a.name, b.name) || compare(a.id, b.id),
  );
}

function containerRow(view: HostView, container: Container): ContainerRow {
  const { id, name, stack, state, health, exit, image, hostId } = container;
  const reach = containerAddress(view, container);
  const service = serviceOf(view, container)?.name ?? container.service;
  return {
    name,
    id,
    host: hostName(view.snapshot, hostId),
    stack,
    service,
    state,
    health,
    exit,
    address: reach.ok ? reach.address : null,
    via: reach.ok ? reach.via : null,
    reason: reach.ok ? null : reach.reason,
    image,
  };
}

/** All hosts of the environment by name. */
export function listHosts(view: HostView): readonly HostRow[] {
  const rows = [...view.snapshot.hosts].flatMap(([id, state]): HostRow[] => {
    const { host, containers } = state;
    if (host === null) return [];
    const { name, address, subnets, agentVersion, incarnation } = host;
    const self = id === view.hostId;
    const failing = [...componentStatuses(state).values()].filter((status) => status.state !== 'ok');
    return [
      {
        id,
        name,
        address,
        self,
        subnets,
        containers: containers.size,
        agentVersion,
        incarnation,
        failing: failing.map(({ component }) => component).sort(),
      },
    ];
  });
  return rows.sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
}

function hostName({ hosts }: Snapshot, hostId: string): string {
  return hosts.get(hostId)?.host?.name ?? hostId;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
