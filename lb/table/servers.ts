import { type Container, MAX_WEIGHT } from '../../model/index.ts';
import {
  type DependencyRecorder,
  type Endpoint,
  endpointsOf,
  endpointWeight,
  findService,
  type HostView,
  READINESS,
  type ServiceView,
  servicePorts,
} from '../../view/index.ts';
import { type BackendPart, ruleProblem } from './claim.ts';
import type { RuleProblem } from './rule-problem.ts';
import type { LeftOutEndpoint, NamedServer, Server } from './table.ts';
import { externalHostnames, type Target, targetsOf } from './targets.ts';

/** Where one rule sends its requests. Weights are those of the rule times those of the endpoints, not limited yet. */
export interface Servers {
  readonly services: readonly string[];
  readonly servers: readonly Server[];
  readonly namedServers: readonly NamedServer[];
  readonly leftOut: readonly LeftOutEndpoint[];
  readonly problems: readonly RuleProblem[];
}

interface Purpose {
  readonly view: HostView;
  readonly part: BackendPart;
  readonly recorder: DependencyRecorder;
}

export function serversOf(view: HostView, part: BackendPart, recorder: DependencyRecorder): Servers {
  const targets = targetsOf(view, part.target, recorder);
  const found = targets.map((target) => serversOfTarget({ view, part, recorder }, target));
  const { kind, name } = part.target;
  const unknown = ruleProblem(
    part,
    `has no target: there is no ${kind === 'service' ? kind : 'container'} ${name}`,
    'start it, or correct its name in the rule',
  );
  return {
    services: found.flatMap(({ services }) => services),
    servers: found.flatMap(({ servers }) => servers),
    namedServers: found.flatMap(({ namedServers }) => namedServers),
    leftOut: found.flatMap(({ leftOut }) => leftOut),
    problems: [
      ...(targets.length === 0 ? [unknown] : []),
      ...targets.flatMap(({ service }) => balancerAsTarget(part, service)),
      ...found.flatMap(({ problems }) => problems),
    ],
  };
}

/** A balancer runs in HAProxy of the hosts, so it usually has no containers. */
function balancerAsTarget(part: BackendPart, { key, kind, containers }: ServiceView): readonly RuleProblem[] {
  if (kind !== 'loadBalancerService' || containers.length > 0) return [];
  const what = `has the target ${key}, which is a load balancer and has no containers`;
  return [ruleProblem(part, what, 'use the services behind it, or a selector that matches it')];
}

const NO_PORT = 'no TCP port of its service is known';

function serversOfTarget(purpose: Purpose, { service, only }: Target): Servers {
  const { view, part, recorder } = purpose;
  const among = (container: Container) =>
    only?.(container) !== false && (part.from !== 'only-local' || isLocal(view, container));
  const { all } = endpointsOf(view, service, 'lb', null, recorder, among);
  const meant = only ? all.filter(({ container }) => container !== null && only(container)) : all;
  const elsewhere = elsewhereReason(purpose, meant);
  const portOf = portReader(purpose, service);
  const servers: Server[] = [];
  const leftOut: LeftOutEndpoint[] = [];
  for (const endpoint of meant) {
    const { container, address } = endpoint;
    const isOut = elsewhere !== null && container !== null && !isLocal(view, container);
    const made = isOut ? elsewhere : server(endpoint, portOf(endpoint.service));
    if (typeof made !== 'string') servers.push({ ...made, weight: weightOf(purpose, endpoint) });
    else leftOut.push({ service: endpoint.service, containerId: container?.id ?? null, address, reason: made });
  }
  const { named, portless } = namedServers(purpose, service, portOf);
  const lacking = new Set([
    ...leftOut.filter(({ reason }) => reason === NO_PORT).map((one) => one.service),
    ...portless,
  ]);
  return {
    services: [service.key, ...meant.map((endpoint) => endpoint.service), ...named.map((one) => one.service)],
    servers,
    namedServers: named,
    leftOut,
    problems: [...lacking].map((key) =>
      ruleProblem(
        part,
        `has no target port: no TCP port of ${key} is known`,
        'add the port to the rule, or `expose` to the service',
      ),
    ),
  };
}

/** Why endpoints on other hosts get nothing; null: they count as well. */
function elsewhereReason({ view, part }: Purpose, endpoints: readonly Endpoint[]): string | null {
  if (part.from === 'only-local')
    return 'it runs on another host, and the load balancer uses only containers of its own host';
  if (part.from === 'any') return null;
  const hasLocal = endpoints.some(
    ({ container, answered }) => answered && container !== null && isLocal(view, container),
  );
  return hasLocal ? 'it runs on another host, and the load balancer prefers containers of its own host' : null;
}

function isLocal({ hostId }: HostView, container: Container): boolean {
  return container.hostId === hostId;
}

/** The server of an endpoint, or why it is left out. */
function server(endpoint: Endpoint, wanted: number | null): Omit<Server, 'weight'> | string {
  const { address, answered, container, reason, standing } = endpoint;
  const drains = !answered && standing !== null && READINESS[standing].lb === 'drain';
  if (address === null || (!answered && !drains)) return reason;
  if (wanted === null) return NO_PORT;
  const port = reachedPort(endpoint, wanted);
  if (port === null) return `port ${wanted} is not published on its host`;
  return {
    name: `${address}:${port}`,
    address,
    port,
    state: drains ? 'drain' : 'ready',
    service: endpoint.service,
    containerId: container?.id ?? null,
  };
}

/** The port at the address: for a published port, that of the host. */
function reachedPort({ via, ports }: Endpoint, wanted: number): number | null {
  if (via !== 'published') return wanted;
  return ports.find(({ containerPort, protocol }) => containerPort === wanted && protocol === 'tcp')?.hostPort ?? null;
}

type PortOf = (service: string) => number | null;

/** The port of the rule, else the lowest TCP port of each service. */
function portReader({ view, part, recorder }: Purpose, target: ServiceView): PortOf {
  const known = new Map<string, number | null>();
  return (key) => {
    if (part.port !== null) return part.port;
    const service = key === target.key ? target : findService(view, key);
    const port = known.get(key) ?? lowestPort(view, service, recorder);
    known.set(key, port);
    return port;
  };
}

function lowestPort(view: HostView, service: ServiceView | null, recorder: DependencyRecorder): number | null {
  const ports = service ? servicePorts(view, service, recorder) : [];
  return ports.find(({ protocol }) => protocol === 'tcp')?.port ?? null;
}

/** That of the rule, times that of the endpoint. */
function weightOf({ view, part }: Purpose, endpoint: Pick<Endpoint, 'service' | 'container'>): number {
  return Math.min(Math.max(part.weight, 0), MAX_WEIGHT) * endpointWeight(view, endpoint);
}

function namedServers(purpose: Purpose, service: ServiceView, portOf: PortOf) {
  const { view, recorder } = purpose;
  const named: NamedServer[] = [];
  const portless: string[] = [];
  for (const { service: external, hostname } of externalHostnames(view, service, recorder)) {
    const port = portOf(external.key);
    const weight = weightOf(purpose, { service: external.key, container: null });
    if (port === null) portless.push(external.key);
    else named.push({ hostname, port, weight, service: external.key });
  }
  return { named, portless };
}
