import type { Container, Environment, Host, JsonValue, Network, ServiceDeclaration } from '../../model/index.ts';
import type { SnapshotDelta } from '../../state/index.ts';

export const environment: Environment = { name: 'test', uuid: 'e-1', suffixes: ['rancher.internal.'] };

export function host(id: string, changes: Partial<Host> = {}): Host {
  return {
    id,
    name: id,
    hostname: id,
    address: '192.0.2.1',
    labels: {},
    milliCpu: 4000,
    memoryBytes: 1 << 30,
    localStorageMb: null,
    agentVersion: '0.1.0',
    subnets: ['10.42.1.0/24'],
    routedBridges: false,
    incarnation: 1,
    ...changes,
  };
}

export function container(hostId: string, id: string, changes: Partial<Container> = {}): Container {
  return {
    id,
    uuid: `uuid-${id}`,
    hostId,
    name: `shop-web-${id}`,
    hostname: id,
    image: 'shop/web:1',
    stack: 'shop',
    service: 'web',
    primaryService: 'web',
    serviceIndex: 1,
    state: 'running',
    health: null,
    wasReady: true,
    networkMode: 'bridge',
    networkFrom: null,
    addresses: [{ networkId: 'n1', networkName: 'bridge', ipv4: '172.17.0.2', ipv6: null, mac: null }],
    preferredNetwork: null,
    ports: [{ hostAddress: '0.0.0.0', hostPort: 80, containerPort: 8080, protocol: 'tcp' }],
    exposed: [{ port: 8080, protocol: 'tcp' }],
    labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
    links: {},
    dns: [],
    dnsSearch: [],
    createdAtMs: 1_700_000_000_000,
    startedAtMs: 1_700_000_000_500,
    exit: null,
    startCount: 1,
    memoryReservation: null,
    milliCpuReservation: null,
    system: false,
    ...changes,
  };
}

export function network(hostId: string, id: string, changes: Partial<Network> = {}): Network {
  const common = { name: 'bridge', kind: 'bridge', subnets: ['172.17.0.0/16'] } as const;
  return { id, hostId, ...common, internal: false, device: 'docker0', ...changes };
}

export function declaration(stack: string, name: string, changes: Partial<ServiceDeclaration> = {}) {
  const made: ServiceDeclaration = {
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
  return made;
}

/** As it arrives from the bus: a copy that shares nothing. */
export function wired(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

/** A delta from objects; values travel as JSON, null removes. */
export function delta(
  hosts: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>,
  documents: Readonly<Record<string, unknown>> = {},
): SnapshotDelta {
  const values = (entries: Readonly<Record<string, unknown>>) =>
    new Map(Object.entries(entries).map(([key, value]) => [key, wired(value)]));
  return {
    hosts: new Map(Object.entries(hosts).map(([id, facts]) => [id, facts && values(facts)])),
    documents: values(documents),
  };
}

/** Host `id` with `count` containers `c0`, `c1` ... and its network. */
export function hostFacts(id: string, count: number): Record<string, unknown> {
  const facts: Record<string, unknown> = { host: host(id), 'network/n1': network(id, 'n1') };
  for (let n = 0; n < count; n += 1) facts[`container/${id}c${n}`] = container(id, `${id}c${n}`);
  return facts;
}

/** Facts as a map, from values of the model. */
export function factMap(facts: Readonly<Record<string, unknown>>): ReadonlyMap<string, JsonValue> {
  return new Map(Object.entries(facts).map(([key, value]) => [key, wired(value)]));
}
