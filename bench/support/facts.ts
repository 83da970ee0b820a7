import type { Container, Host, JsonValue, Network } from '../../model/index.ts';
import { askerAddress, type BenchService, containerName, type DataSet, stackOf } from './data-set.ts';

/** Facts of one host as the bus and the feed have them. */
export type HostFacts = Readonly<Record<string, JsonValue>>;

export const OWN_HOST = 'host-0';
const PER_HOST = 50;

/** Where a container of a service runs: the containers of all services fill one host after the other. */
interface Place {
  readonly service: BenchService;
  readonly at: number;
}

/** Facts of every host of a data set: the client containers on this host, those of the services on the others. */
export function* hostsOf(set: DataSet): Generator<readonly [id: string, facts: HostFacts], void, undefined> {
  yield [OWN_HOST, ownFacts(set)];
  const places = set.services.flatMap((service) => service.addresses.map((_, at): Place => ({ service, at })));
  for (let first = 0; first < places.length; first += PER_HOST) {
    const id = hostIdOf(first);
    yield [id, hostFacts(id, places.slice(first, first + PER_HOST))];
  }
}

/** The fact of the first container of the first service with another address, and whose fact it is. */
export function movedContainer({ services }: DataSet, address: string): readonly [id: string, facts: HostFacts] {
  const [service] = services;
  if (!service) throw new Error('no service');
  const moved = { ...service, addresses: [address, ...service.addresses.slice(1)] };
  return [hostIdOf(0), containerFact(hostIdOf(0), { service: moved, at: 0 })];
}

const hostIdOf = (place: number) => `host-${1 + Math.floor(place / PER_HOST)}`;

function ownFacts({ askers }: DataSet): HostFacts {
  const network = networkFact(OWN_HOST, 'managed', '127.0.10.0/24');
  const containers = Array.from({ length: askers }, (_, asker) =>
    containerFact(OWN_HOST, {
      service: { stack: stackOf(asker), name: 'asker', addresses: [askerAddress(asker)] },
      at: 0,
    }),
  );
  return Object.assign({ host: hostFact(OWN_HOST) }, network, ...containers) as HostFacts;
}

function hostFacts(id: string, places: readonly Place[]): HostFacts {
  const containers = places.map((place) => containerFact(id, place));
  return Object.assign({ host: hostFact(id) }, networkFact(id, 'managed', '10.64.0.0/10'), ...containers) as HostFacts;
}

function hostFact(id: string): JsonValue {
  const number = Number(id.slice('host-'.length));
  const host: Host = {
    id,
    name: id,
    hostname: id,
    address: `192.168.${number >> 8}.${number & 255}`,
    labels: {},
    milliCpu: null,
    memoryBytes: null,
    localStorageMb: null,
    agentVersion: '0.1.0',
    subnets: [],
    routedBridges: false,
    incarnation: 1,
  };
  return { ...host } as unknown as JsonValue;
}

function networkFact(hostId: string, kind: Network['kind'], subnet: string): HostFacts {
  const network: Network = {
    id: `network-${hostId}`,
    hostId,
    name: 'drover',
    kind,
    subnets: [subnet],
    internal: false,
    device: null,
  };
  return { [`network/${network.id}`]: { ...network } as unknown as JsonValue };
}

function containerFact(hostId: string, { service, at }: Place): HostFacts {
  const name = containerName(service, at);
  const id = Buffer.from(name).toString('hex').padEnd(64, '0');
  const container: Container = {
    id,
    uuid: id.slice(0, 32),
    hostId,
    name,
    hostname: `${service.name}-${at + 1}`,
    image: 'registry.example.com/shop/web:1.2.3',
    stack: service.stack,
    service: service.name,
    primaryService: service.name,
    serviceIndex: at + 1,
    state: 'running',
    health: null,
    wasReady: true,
    networkMode: 'bridge',
    networkFrom: null,
    addresses: [
      {
        networkId: `network-${hostId}`,
        networkName: 'drover',
        ipv4: service.addresses[at] ?? null,
        ipv6: null,
        mac: '02:42:0a:00:00:02',
      },
    ],
    preferredNetwork: null,
    ports: [],
    exposed: [],
    labels: {
      ...service.labels,
      'com.docker.compose.project': service.stack,
      'com.docker.compose.service': service.name,
      'com.docker.compose.container-number': String(at + 1),
    },
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
  };
  return { [`container/${id}`]: { ...container } as unknown as JsonValue };
}
