/**
 * Another host on the bus, whose containers start and stop all the time, and one stable service. Runs as a separate process on
 * a test host. SIGUSR2 starts the changes, and the next one stops them. Prints the number of changes.
 *   node churn.ts CONSUL_URL ADDRESS CHANGES_PER_SECOND
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf } from '../../../agent/config/environment.ts';
import { createConsulBus } from '../../../bus/index.ts';
import { startLiveness } from '../../../bus/liveness/index.ts';
import type { Container, Host, JsonValue, Network } from '../../../model/index.ts';
import { createLog, systemClock } from '../../../system/index.ts';

const [url = '', address = '', rate = '20'] = process.argv.slice(2);
const HOST = '00000000-0000-4000-8000-0000000000ff';
const NETWORK = 'f'.repeat(64);
const SERVICES = 40;
const PER_SERVICE = 3;

const log = createLog('churn', { level: 'error', format: 'json' });
const bus = createConsulBus({ clock: systemClock, log }, { address: [url], environment: 'default' });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const host: Host = {
  id: HOST,
  name: 'busy',
  hostname: 'busy',
  address,
  labels: {},
  milliCpu: null,
  memoryBytes: null,
  localStorageMb: null,
  agentVersion: '0.1.0',
  subnets: ['10.42.77.0/24'],
  routedBridges: false,
  incarnation: 1,
};
const network: Network = {
  id: NETWORK,
  hostId: HOST,
  name: 'drover',
  kind: 'managed',
  subnets: ['10.42.77.0/24'],
  internal: false,
  device: null,
};

function containerOf(stack: string, service: string, number: number, ipv4: string): Container {
  const name = `${stack}-${service}-${number}`;
  const id = createHash('sha256').update(name).digest('hex');
  return {
    ...{ id, uuid: id.slice(0, 32), hostId: HOST, name, hostname: name, image: 'web', stack, service },
    ...{ primaryService: service, serviceIndex: number, state: 'running', health: null, wasReady: true },
    ...{
      networkMode: 'bridge',
      networkFrom: null,
      preferredNetwork: null,
      ports: [],
      exposed: [],
      labels: {},
      links: {},
    },
    addresses: [{ networkId: NETWORK, networkName: 'drover', ipv4, ipv6: null, mac: null }],
    ...{ dns: [], dnsSearch: [], createdAtMs: 1, startedAtMs: 1, exit: null, startCount: 1 },
    ...{ memoryReservation: null, milliCpuReservation: null, system: false },
  };
}

const pause = (ms: number) => sleep(ms, undefined, { signal: stop.signal }).catch(() => undefined);
const keyOf = (container: Container) => `container/${container.id}`;
const fact = (value: object) => value as unknown as JsonValue;

/** One container of one of the busy services, with another address each time. */
function busyContainer(change: number): Container {
  const service = `busy-${change % SERVICES}`;
  const number = 1 + (Math.floor(change / SERVICES) % PER_SERVICE);
  return containerOf('churn', service, number, `10.42.77.${100 + (change % 150)}`);
}

// Without probes from this host, other agents would consider it dead and drop its containers.
startLiveness(
  { bus, clock: systemClock, log },
  {
    ...{ hostId: HOST, incarnation: 1, environmentUuid: environmentOf({ environment: 'default', suffixes: [] }).uuid },
    ...{ address, peers: () => [], signal: stop.signal },
  },
);
let busy = false;
process.on('SIGUSR2', () => {
  busy = !busy;
});
const lease = await bus.join(HOST, stop.signal);
const steady = [1, 2, 3].map((number) => containerOf('far', 'steady', number, `10.42.77.${number}`));
await lease.publish(
  new Map<string, JsonValue>([
    ['host', fact(host)],
    [`network/${NETWORK}`, fact(network)],
    ...steady.map((container): [string, JsonValue] => [keyOf(container), fact(container)]),
  ]),
);
console.log('ready');
// Each change adds, moves or (every fourth) removes one container. If the bus is slow, several changes are published at once.
let changes = 0;
let begunAt = 0;
while (!stop.signal.aborted) {
  await pause(1000 / Number(rate));
  if (!busy) begunAt = performance.now() - (changes / Number(rate)) * 1000;
  const due = Math.floor(((performance.now() - begunAt) / 1000) * Number(rate));
  if (due <= changes) continue;
  const facts = Array.from({ length: due - changes }, (_, n): [string, JsonValue | null] => {
    const container = busyContainer(changes + n);
    return [keyOf(container), (changes + n) % 4 === 3 ? null : fact(container)];
  });
  await lease.publish(new Map(facts)).catch(() => undefined);
  changes = due;
  console.log(`changes ${changes}`);
}
await lease.close().catch(() => undefined);
await bus.close();
