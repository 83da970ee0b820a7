import { createHash } from 'node:crypto';
import { hostGroup, keysOf } from '../../bus/consul/layout/keys.ts';
import { planPublication } from '../../bus/consul/layout/publication.ts';
import { keepSession } from '../../bus/consul/lease/session.ts';
import { createConnection } from '../../bus/consul/wire/connection.ts';
import { createContact } from '../../bus/consul/wire/contact.ts';
import { createConsulApi } from '../../bus/consul/wire/create-api.ts';
import { consulSchema } from '../../bus/consul/wire/schema.ts';
import { type Bus, type BusBatch, createConsulBus, type Lease } from '../../bus/index.ts';
import type { Container, Host, JsonValue, Network } from '../../model/index.ts';
import { createLog, mapConcurrently, systemClock } from '../../system/index.ts';
import { type FaultProxy, type Request, startFaultProxy } from './fault-proxy.ts';
import { poll } from './poll.ts';
import type { Resources } from './resources.ts';

const log = createLog('crowd', { level: 'silent', format: 'json' });
const hex = (text: string) => createHash('sha256').update(text).digest('hex');

/** The cost of one change among many hosts. */
export interface ChangeCost {
  readonly hosts: number;
  /** Per change: bytes that a watching agent reads from Consul, without its sweeps. */
  readonly readBytes: readonly number[];
  /** Bytes of one sweep of all hosts, which an agent makes regularly, even without changes. */
  readonly sweepBytes: number;
  /** Per change: write requests of the changing host. */
  readonly writes: readonly number[];
  /** Per change: time from the call of `publish` to the watcher's batch. */
  readonly latencyMs: readonly number[];
  /** The maximum of simultaneously open requests of the watcher without changes. */
  readonly openQueries: number;
  /** The watcher's first complete state. */
  readonly joinMs: number;
  readonly joinBytes: number;
  /** Bytes per second of the watcher without changes. */
  readonly idleBytesPerSecond: number;
}

export interface CrowdOptions {
  readonly consul: string;
  readonly namespace: string;
  readonly hosts: number;
  readonly changes: number;
}

/** Fills Consul with the keys of many hosts with 20 containers each, then measures two real agents among them. */
export async function measureCrowd(resources: Resources, options: CrowdOptions): Promise<ChangeCost> {
  const { consul, namespace, hosts, changes } = options;
  await populate(resources, options);
  const agent = (proxy: FaultProxy): Bus => {
    const bus = createConsulBus({ clock: systemClock, log }, { address: proxy.url, namespace, environment: 'crowd' });
    resources.add('an agent', () => bus.close());
    return bus;
  };
  const [watchProxy, changeProxy] = [
    await startFaultProxy(resources, consul),
    await startFaultProxy(resources, consul),
  ];
  const [watcher, changer] = [agent(watchProxy), agent(changeProxy)];
  const ended = new AbortController();
  resources.add('the watch', () => ended.abort());
  const mine = await changer.join('changing-host', ended.signal);
  await mine.publish(factsOf('changing-host', hosts));
  const joinStart = performance.now();
  const lease: Lease = await watcher.join('watching-host', ended.signal);
  await lease.publish(factsOf('watching-host', hosts + 1));
  void watcher.lock('somebody-leads', ended.signal).catch(() => {});
  let last: BusBatch | null = null;
  const seen = new Map<string, JsonValue>();
  let count = 0;
  void (async () => {
    for await (const batch of watcher.watch(ended.signal)) {
      last = batch;
      for (const [hostId, facts] of batch.hosts)
        if (facts) count = Math.max(count, batch.hosts.size);
        else seen.delete(hostId);
      for (const [key, value] of batch.hosts.get('changing-host') ?? []) seen.set(key, value);
    }
  })();
  await poll(() => last?.synced, { what: 'the first complete state', timeoutMs: 60_000 });
  if (count < hosts + 2) throw new Error(`the first state has ${count} hosts of ${hosts + 2}`);
  const join = { joinMs: performance.now() - joinStart, joinBytes: watchProxy.received() };
  await quiet(watchProxy);
  const idle = await idleCost(watchProxy);
  const sweep = await sweepCost(consul, namespace);
  // Without sweeps and renewals, which do not depend on changes.
  const cost = () => watchProxy.receivedFor((request) => !isSweep(request) && !request.path.includes('/session/'));
  const results: { readBytes: number; writes: number; latencyMs: number }[] = [];
  for (let change = 0; change < changes; change += 1) {
    const container = { ...containerOf('changing-host', change % 20), startedAtMs: change, startCount: change + 2 };
    const before = { bytes: cost(), requests: changeProxy.requests().length };
    const start = performance.now();
    await mine.publish(new Map([[`container/${container.id}`, container as unknown as JsonValue]]));
    const arrived = () => (seen.get(`container/${container.id}`) as { startCount?: number })?.startCount === change + 2;
    await poll(arrived, { what: 'the change', intervalMs: 1 });
    const latencyMs = performance.now() - start;
    await quiet(watchProxy);
    const made = changeProxy.requests().slice(before.requests);
    const writes = made.filter(({ method, path }) => method === 'PUT' && !path.includes('/session/')).length;
    // A watching agent also reads by transactions. The changing agent does not watch.
    results.push({ readBytes: cost() - before.bytes, writes, latencyMs });
  }
  ended.abort();
  return {
    hosts,
    ...join,
    ...idle,
    sweepBytes: sweep,
    readBytes: results.map(({ readBytes }) => readBytes),
    writes: results.map(({ writes }) => writes),
    latencyMs: results.map(({ latencyMs }) => latencyMs),
  };
}

/** Waits until no more bytes arrive. */
async function quiet(proxy: FaultProxy): Promise<void> {
  let [bytes, since] = [proxy.received(), performance.now()];
  await poll(
    () => {
      if (proxy.received() !== bytes) [bytes, since] = [proxy.received(), performance.now()];
      return performance.now() - since > 150;
    },
    { what: 'the end of the traffic', timeoutMs: 30_000 },
  );
}

function isSweep({ method, path }: Request): boolean {
  return method === 'GET' && /%2F[nd]%2F\?/.test(path);
}

async function sweepCost(consul: string, namespace: string): Promise<number> {
  const bodies = await Promise.all(
    ['n/?recurse', 'd/?keys&separator=/'].map(async (path) =>
      (await fetch(`${consul}/v1/kv/${namespace}/crowd/${path}`)).text(),
    ),
  );
  return bodies.reduce((sum, body) => sum + body.length + 300, 0);
}

async function idleCost(proxy: FaultProxy) {
  const [bytes, start] = [proxy.received(), performance.now()];
  let openQueries = 0;
  await poll(
    () => {
      openQueries = Math.max(openQueries, proxy.open().length);
      return performance.now() - start > 3_000;
    },
    { what: 'three idle seconds', timeoutMs: 10_000, intervalMs: 10 },
  );
  return { openQueries, idleBytesPerSecond: (proxy.received() - bytes) / ((performance.now() - start) / 1000) };
}

async function populate(resources: Resources, { hosts, ...target }: CrowdOptions): Promise<void> {
  const crowd = Array.from({ length: hosts }, (_, n) => uuidOf(`host ${n}`));
  const facts = new Map(crowd.map((hostId, n) => [hostId, factsOf(hostId, n)]));
  await publishHosts(resources, { ...target, environment: 'crowd' }, facts);
}

/** Publishes the facts of hosts that do not exist, by host id, as their agents would. They leave when the resources are closed. */
export async function publishHosts(
  resources: Resources,
  {
    consul,
    namespace,
    environment,
  }: { readonly consul: string; readonly namespace: string; readonly environment: string },
  facts: ReadonlyMap<string, ReadonlyMap<string, JsonValue>>,
): Promise<void> {
  const settings = consulSchema.parse({ address: consul, namespace, environment });
  const closing = new AbortController();
  const connection = createConnection(settings);
  const contact = createContact({ clock: systemClock, log });
  const api = createConsulApi({ connection, contact }, closing.signal);
  const keys = keysOf(namespace, environment);
  const id = await api.createSession('the crowd', 60);
  const session = keepSession({ api, clock: systemClock }, { id, ttlSeconds: 60, signal: closing.signal });
  resources.add('the crowd', async () => {
    await session.end('destroy');
    closing.abort();
    connection.close();
  });
  await mapConcurrently([...facts], 8, async ([hostId, published]) => {
    const [recordKey, groupKey] = [keys.hostRecord(hostId), keys.group(hostGroup(hostId))];
    const target = { recordKey, groupKey, factsPrefix: keys.factsOf(hostId), session: id };
    const { last } = planPublication({ facts: new Map(), tokens: [] }, published, target);
    const outcome = await api.transact(last);
    if (!outcome.ok) throw new Error(outcome.why);
  });
}

function uuidOf(text: string): string {
  return hex(text).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');
}

/** One host, 4 networks and 20 containers, as the Docker source publishes them. */
function factsOf(hostId: string, n: number): ReadonlyMap<string, JsonValue> {
  const host: Host = {
    id: hostId,
    name: `node-${n}`,
    hostname: `node-${n}.example.com`,
    address: `192.0.2.${n % 250}`,
    labels: { zone: 'eu-1', rack: `r${n % 40}` },
    milliCpu: 16_000,
    memoryBytes: 64 << 20,
    localStorageMb: 400_000,
    agentVersion: '0.1.0',
    subnets: [`10.42.${n % 256}.0/24`],
    routedBridges: false,
    incarnation: 1_763_000_000_000 + n,
  };
  const networks = ['bridge', 'host', 'none', 'shop_default'].map((name): Network => {
    const id = hex(`${hostId} ${name}`);
    return {
      id,
      hostId,
      name,
      kind: 'bridge',
      subnets: ['172.17.0.0/16'],
      internal: false,
      device: `br-${id.slice(0, 12)}`,
    };
  });
  const containers = Array.from({ length: 20 }, (_, at) => containerOf(hostId, at));
  return new Map<string, JsonValue>([
    ['host', host as unknown as JsonValue],
    ...networks.map((network) => [`network/${network.id}`, network as unknown as JsonValue] as const),
    ...containers.map((container) => [`container/${container.id}`, container as unknown as JsonValue] as const),
  ]);
}

function containerOf(hostId: string, at: number): Container {
  const id = hex(`${hostId} container ${at}`);
  const service = ['web', 'api', 'worker', 'cache', 'db'][at % 5] as string;
  return {
    id,
    uuid: uuidOf(id),
    hostId,
    name: `shop-${service}-${at}`,
    hostname: id.slice(0, 12),
    image: `registry.example.com/shop/${service}:2026.11.${at}`,
    stack: 'shop',
    service,
    primaryService: service,
    serviceIndex: at,
    state: 'running',
    health: 'healthy',
    wasReady: true,
    networkMode: 'bridge',
    networkFrom: null,
    addresses: [
      {
        networkId: hex(`${hostId} shop_default`),
        networkName: 'shop_default',
        ipv4: `172.18.0.${at + 2}`,
        ipv6: null,
        mac: `02:42:ac:12:00:${(at + 16).toString(16)}`,
      },
    ],
    preferredNetwork: null,
    ports: [{ hostAddress: '0.0.0.0', hostPort: 8000 + at, containerPort: 80, protocol: 'tcp' }],
    exposed: [],
    labels: {
      'com.docker.compose.project': 'shop',
      'com.docker.compose.service': service,
      'com.docker.compose.container-number': String(at),
      'com.docker.compose.config-hash': hex(`${service} config`),
      'com.docker.compose.image': `sha256:${hex(`${service} image`)}`,
      'com.docker.compose.project.working_dir': '/srv/shop',
      'com.docker.compose.project.config_files': '/srv/shop/docker-compose.yml',
      'com.docker.compose.oneoff': 'False',
      'com.docker.compose.version': '2.24.5',
      'org.opencontainers.image.revision': hex(`${service} ${at % 3}`).slice(0, 40),
    },
    links: {},
    dns: [],
    dnsSearch: [],
    createdAtMs: 1_763_000_000_000 + at,
    startedAtMs: 1_763_000_001_000 + at,
    exit: null,
    startCount: 1,
    memoryReservation: null,
    milliCpuReservation: null,
    system: false,
  };
}
