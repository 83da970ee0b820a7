import type {
  Container,
  ContainerAddress,
  Environment,
  Host,
  HostState,
  Network,
  ServiceDeclaration,
  ServiceLink,
  Snapshot,
} from '../../model/index.ts';

export const ENVIRONMENT: Environment = {
  name: 'default',
  uuid: '11111111-2222-4333-8444-555555555555',
  suffixes: ['rancher.internal.', 'drover.internal.'],
};

/** Networks every host of these tests has: Docker's bridge (the same subnet everywhere) and the managed one. */
export const BRIDGE = 'net-bridge';
export const MANAGED = 'net-managed';

export function host(id: string, changes: Partial<Host> = {}): Host {
  return {
    id,
    name: id,
    hostname: id,
    address: '192.0.2.1',
    labels: {},
    milliCpu: null,
    memoryBytes: null,
    localStorageMb: null,
    agentVersion: 'test',
    subnets: [],
    routedBridges: false,
    incarnation: 1,
    ...changes,
  };
}

export function network(hostId: string, id: string, changes: Partial<Network> = {}): Network {
  return { id, hostId, name: id, kind: 'bridge', subnets: [], internal: false, device: null, ...changes };
}

export function at(networkId: string, ipv4: string | null, ipv6: string | null = null): ContainerAddress {
  return { networkId, networkName: networkId, ipv4, ipv6, mac: null };
}

/** `shop/web` and a managed address is what most tests need to say. `shop/web/log` is a sidekick. */
export function container(
  id: string,
  service: string | null,
  address: string | null,
  changes: Partial<Container> = {},
) {
  const [stack = null, primary = null, sidekick = primary] = service?.split('/') ?? [];
  const made: Container = {
    id,
    uuid: `uuid-${id}`,
    hostId: 'a',
    name: id,
    hostname: null,
    image: 'image',
    stack,
    service: sidekick,
    primaryService: primary,
    serviceIndex: null,
    state: 'running',
    health: null,
    wasReady: true,
    networkMode: 'bridge',
    networkFrom: null,
    addresses: address === null ? [] : [at(MANAGED, address)],
    preferredNetwork: null,
    ports: [],
    exposed: [],
    labels: {},
    links: {},
    dns: [],
    dnsSearch: [],
    createdAtMs: 0,
    startedAtMs: 0,
    exit: null,
    startCount: 1,
    memoryReservation: null,
    milliCpuReservation: null,
    system: false,
  };
  return { ...made, ...changes };
}

export function declaration(key: string, changes: Partial<ServiceDeclaration> = {}): ServiceDeclaration {
  const [stack = '', name = ''] = key.split('/');
  return {
    stack,
    name,
    kind: 'service',
    externalIps: [],
    hostname: null,
    links: [],
    sidekicks: [],
    healthCheck: null,
    lbConfig: null,
    labels: {},
    metadata: '{}',
    scale: null,
    ports: [],
    expose: [],
    vip: null,
    options: {},
    ...changes,
  };
}

export const CHECK: NonNullable<ServiceDeclaration['healthCheck']> = {
  port: 80,
  requestLine: null,
  expectedStatus: null,
  exec: null,
  intervalMs: 2000,
  responseTimeoutMs: 2000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  initializingTimeoutMs: null,
  reinitializingTimeoutMs: null,
  strategy: 'none',
  recreateOnQuorum: null,
};

export function links(...targets: readonly (string | ServiceLink)[]): readonly ServiceLink[] {
  return targets.map((target) => (typeof target === 'string' ? { target, alias: '' } : target));
}

export interface World {
  /** Default: `a` and `b`, at 192.0.2.1 and 192.0.2.2. */
  readonly hosts?: readonly Host[];
  /** Beside the bridge and the managed network of each host. */
  readonly networks?: readonly Network[];
  readonly containers?: readonly Container[];
  readonly declarations?: readonly ServiceDeclaration[];
  /** Facts of kinds of which a host has at most one: by host, then by kind. */
  readonly facts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly complete?: boolean;
  readonly revision?: number;
}

export function snapshot(world: World): Snapshot {
  const hosts = world.hosts ?? [host('a'), host('b', { address: '192.0.2.2', subnets: ['10.42.2.0/24'] })];
  return {
    revision: world.revision ?? 1,
    environment: ENVIRONMENT,
    hosts: new Map(hosts.map((one) => [one.id, hostState(one, world)])),
    declarations: new Map(
      (world.declarations ?? []).map((one) => [`${one.stack}/${one.name}`.toLowerCase(), one] as const),
    ),
    overlay: null,
    subnets: new Map(),
    complete: world.complete ?? true,
  };
}

function hostState(one: Host, world: World): HostState {
  const networks = [
    network(one.id, BRIDGE, { subnets: ['172.17.0.0/16'] }),
    network(one.id, MANAGED, { kind: 'managed', subnets: ['10.42.1.0/24'] }),
    ...(world.networks ?? []).filter(({ hostId }) => hostId === one.id),
  ];
  const containers = (world.containers ?? []).filter(({ hostId }) => hostId === one.id);
  return {
    host: one,
    networks: new Map(networks.map((made) => [made.id, made])),
    containers: new Map(containers.map((made) => [made.id, made])),
    facts: new Map(Object.entries(world.facts?.[one.id] ?? {}).map(([kind, fact]) => [kind, new Map([['', fact]])])),
  };
}
