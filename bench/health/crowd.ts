import type { Container, Host, JsonValue, Network } from '../../model/index.ts';

export type Kind = 'tcp' | 'http';

/** The containers of a host that exists only in its facts; each address has a listening socket. */
export const TARGETS = 2_000;
export const PORT = 8_080;
export const INTERVAL_MS = 2_000;
export const SUBNET = '10.99.0.0/20';
const PER_SERVICE = 10;

/** The containers whose ports are closed, one of each service, in this order. */
export const CLOSED: readonly number[] = Array.from({ length: TARGETS / PER_SERVICE }, (_, n) => n * PER_SERVICE);

export function targetAddress(number: number): string {
  return `10.99.${Math.floor(number / 250)}.${(number % 250) + 1}`;
}

/** The first 32 digits are in the name of the server of HAProxy. */
export function targetId(number: number): string {
  return number.toString(16).padStart(8, '0').padEnd(64, '0');
}

export function numberOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

export function serviceName(number: number): string {
  return `web-${Math.floor(number / PER_SERVICE)}`;
}

export function crowdFacts(hostId: string, address: string, kind: Kind): ReadonlyMap<string, JsonValue> {
  const host: Host = {
    ...{ id: hostId, name: 'crowd', hostname: 'crowd', address, labels: {}, agentVersion: '0.1.0' },
    ...{ milliCpu: null, memoryBytes: null, localStorageMb: null, routedBridges: false },
    ...{ subnets: [SUBNET], incarnation: Date.now() },
  };
  const network: Network = {
    ...{ id: 'managed', hostId, name: 'drover', kind: 'managed', subnets: [SUBNET], internal: false, device: null },
  };
  const containers = Array.from({ length: TARGETS }, (_, number) => containerOf(hostId, number, kind));
  return new Map([
    ['host', host as unknown as JsonValue],
    [`network/${network.id}`, network as unknown as JsonValue],
    ...containers.map((one) => [`container/${one.id}`, one as unknown as JsonValue] as const),
  ]);
}

function containerOf(hostId: string, number: number, kind: Kind): Container {
  const id = targetId(number);
  const service = serviceName(number);
  const line = kind === 'http' ? { 'drover.health.request_line': 'GET "/" "HTTP/1.0"' } : {};
  return {
    ...{
      id,
      uuid: id.slice(0, 32),
      hostId,
      name: `bench-${service}-${number}`,
      hostname: id.slice(0, 12),
      image: 'web',
    },
    ...{ stack: 'bench', service, primaryService: service, serviceIndex: (number % PER_SERVICE) + 1 },
    ...{ state: 'running', health: null, wasReady: true, networkMode: 'bridge', networkFrom: null },
    addresses: [{ networkId: 'managed', networkName: 'drover', ipv4: targetAddress(number), ipv6: null, mac: null }],
    ...{ preferredNetwork: null, ports: [], exposed: [], links: {}, dns: [], dnsSearch: [], exit: null },
    labels: { 'drover.health.port': String(PORT), ...line },
    ...{ createdAtMs: Date.now() - 60_000, startedAtMs: Date.now() - 60_000, startCount: 1 },
    ...{ memoryReservation: null, milliCpuReservation: null, system: false },
  };
}
