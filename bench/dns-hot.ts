/**
 * `npm run bench -- dns-hot`: the hot path alone, without sockets. CPU time per query for 1,000 services with 5
 * addresses each and 20 clients, and for 100,000 names; then the cost of loading 100,000 names and of a change.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import type { Container, Snapshot } from '../model/index.ts';
import { createPaths, type Paths } from '../test/dns/hot/paths.ts';
import { queryOf } from '../test/dns/hot/queries.ts';
import { percentile } from '../test/support/percentile.ts';
import { container, host, snapshot } from '../test/view/world.ts';
import { type HostView, viewOf } from '../view/index.ts';

const ASKERS = 20;
const MISSING = 0.05;
const QUERIES = 1 << 16;
const SLOT = 128;
const MAX_BYTES = 64 * 1024 * 1024;

/** Services of `each` containers, spread over hosts with 400 containers, and the clients on the host of the view. */
function worldOf(services: number, each: number): Snapshot {
  const count = services * each;
  const hosts = Array.from({ length: 1 + Math.ceil(count / 400) }, (_, n) =>
    host(`h${n}`, { address: `192.0.2.${n & 255}` }),
  );
  const replicas = Array.from({ length: count }, (_, n) => replica(n, Math.floor(n / each), n % each));
  const askers = Array.from({ length: ASKERS }, (_, n) =>
    container(`asker-${n}`, `stack${n}/asker`, `10.200.0.${n + 1}`, { hostId: 'h0' }),
  );
  const empty = snapshot({ hosts });
  const byHost = Map.groupBy([...askers, ...replicas], ({ hostId }) => hostId);
  return {
    ...empty,
    hosts: new Map(
      [...empty.hosts].map(([id, state]) => [
        id,
        { ...state, containers: new Map((byHost.get(id) ?? []).map((one) => [one.id, one])) },
      ]),
    ),
  };
}

function replica(n: number, service: number, index: number): Container {
  const name = `stack${service % 1_000}-web${service}-${index + 1}`;
  const address = `10.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
  const hostId = `h${1 + Math.floor(n / 400)}`;
  return container(`id-${n}`, `stack${service % 1_000}/web${service}`, address, {
    hostId,
    name,
    serviceIndex: index + 1,
  });
}

interface Load {
  readonly rx: Buffer;
  readonly sizes: Int32Array;
  readonly from: Uint32Array;
}

function loadOf(names: readonly string[]): Load {
  const load = { rx: Buffer.alloc(QUERIES * SLOT), sizes: new Int32Array(QUERIES), from: new Uint32Array(QUERIES) };
  for (let n = 0; n < QUERIES; n += 1) {
    const name = names[Math.floor(Math.random() * names.length)] ?? '';
    const isMissing = Math.random() < MISSING;
    const edns = n % 2 === 0 ? { edns: { payload: 1_232, dnssecOk: false } } : {};
    const query = queryOf(isMissing ? `${Math.random().toString(36).slice(2)}.${name}` : name, 1, edns);
    query.copy(load.rx, n * SLOT);
    load.sizes[n] = query.length;
    load.from[n] = (10 << 24) + (200 << 16) + (n % ASKERS) + 1;
  }
  return load;
}

/** Nanoseconds of CPU per query; the best of several rounds. */
function cpuNs({ hot }: Paths, { rx, sizes, from }: Load): number {
  const tx = new Uint8Array(64 * 1_232);
  const round = (): number => {
    const before = process.cpuUsage();
    for (let n = 0; n < QUERIES; n += 1) {
      const size = hot.answer(rx, n * SLOT, sizes[n] as number, from[n] as number, tx, (n & 63) * 1_232);
      if (size <= 0) throw new Error('a query went to the general path');
    }
    const { user, system } = process.cpuUsage(before);
    return ((user + system) * 1_000) / QUERIES;
  };
  return Math.min(...Array.from({ length: 30 }, round));
}

const cpuMs = () => process.cpuUsage().user / 1_000;
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

function measureQueries(title: string, world: Snapshot, names: readonly string[]): void {
  const view = viewOf(world, 'h0');
  const paths = createPaths(() => view, { maxBytes: MAX_BYTES });
  paths.hot.warmUp(20_000);
  const ns = cpuNs(paths, loadOf(names));
  const { entries, bytes } = paths.hot.stats();
  console.log(`${title}: ${ns.toFixed(0)} ns of CPU per query; ${entries} entries in ${mb(bytes)}`);
}

/** One replica moves, 300 times, with queries in between. */
async function measureChanges(world: Snapshot, names: readonly string[]): Promise<void> {
  let view: HostView = viewOf(world, 'h0');
  const paths = createPaths(() => view, { maxBytes: MAX_BYTES });
  paths.hot.warmUp(20_000);
  const queries = names.slice(0, 1_000).map((name) => queryOf(name, 1));
  const tx = new Uint8Array(1_232);
  const pauses: number[] = [];
  const observer = new PerformanceObserver((list) => pauses.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ entryTypes: ['gc'] });
  const changes: number[] = [];
  const slowest: number[] = [];
  for (let n = 0; n < 300; n += 1) {
    const next = moved(view.snapshot, n);
    const start = performance.now();
    view = viewOf(next, 'h0', view);
    paths.hot.catchUp();
    changes.push(performance.now() - start);
    for (const query of queries) {
      const asked = performance.now();
      paths.hot.answer(query, 0, query.length, 0, tx, 0);
      slowest.push(performance.now() - asked);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  observer.disconnect();
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(changes, share).toFixed(2));
  console.log(`one change, from the snapshot to the table: p50 ${p50} ms, p99 ${p99} ms`);
  console.log(
    `slowest query of ${slowest.length} in between: ${slowest.reduce((a, b) => Math.max(a, b), 0).toFixed(2)} ms`,
  );
  console.log(`longest of ${pauses.length} collections: ${Math.max(0, ...pauses).toFixed(2)} ms`);
}

function moved(before: Snapshot, n: number): Snapshot {
  const state = before.hosts.get('h1');
  const old = state?.containers.get('id-0');
  if (!state || !old) throw new Error('no container to move');
  const address = { ...old.addresses[0], ipv4: `10.99.${n >> 8}.${n & 255}` } as Container['addresses'][number];
  const containers = new Map(state.containers).set(old.id, { ...old, addresses: [address] });
  return { ...before, revision: before.revision + 1, hosts: new Map(before.hosts).set('h1', { ...state, containers }) };
}

const serviceNames = (services: number) =>
  Array.from({ length: services }, (_, n) => `web${n}.stack${n % 1_000}.rancher.internal`);

measureQueries('1,000 services with 5 addresses', worldOf(1_000, 5), serviceNames(1_000));
const base = process.memoryUsage().rss;
const large = worldOf(20_000, 4);
const started = cpuMs();
const held = viewOf(large, 'h0');
console.log(`100,000 names: viewOf ${(cpuMs() - started).toFixed(0)} ms of CPU, ${held.stacks.size} stacks`);
measureQueries('100,000 names', large, [
  ...serviceNames(20_000),
  ...Array.from(
    { length: 80_000 },
    (_, n) => `stack${Math.floor(n / 4) % 1_000}-web${Math.floor(n / 4)}-${(n % 4) + 1}.rancher.internal`,
  ),
]);
console.log(`memory: ${mb(process.memoryUsage().rss)}, before the 100,000 names ${mb(base)}`);
await measureChanges(large, serviceNames(20_000));
