import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bus, createConsulBus, type Lease } from '../../bus/index.ts';
import { systemClock } from '../../system/index.ts';
import { type BusObserver, observeBus } from '../support/bus-observer.ts';
import { type ConsulCluster, startConsulCluster } from '../support/consul.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { createLogLines } from '../support/log-lines.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';

const shared = createResources();
let cluster: ConsulCluster;
let resources: Resources;
let proxy: FaultProxy;
let behind: Bus;
let direct: Bus;
let observer: BusObserver;
let lease: Lease;
let lines: readonly string[];
let tests = 0;

beforeAll(async () => {
  cluster = await startConsulCluster(shared, { servers: 1 });
});
afterAll(() => shared.close());

/** One bus behind the proxy, which watches, and one with a direct connection, which makes changes. */
beforeEach(async () => {
  tests += 1;
  resources = createResources();
  const url = cluster.urls[0] as string;
  proxy = await startFaultProxy(resources, url);
  const logged = createLogLines();
  lines = logged.lines;
  behind = busAt(proxy.url, logged.log);
  direct = busAt(url, createLogLines().log);
  lease = await direct.join('a', new AbortController().signal);
  await lease.publish(new Map([['n', 1]]));
  await direct.put('service/old', 1);
  observer = observeBus(resources, behind);
  await observer.until(
    'the first complete state',
    () => observer.fact('a', 'n') === 1 && observer.documents.size === 1,
  );
});
afterEach(() => resources.close());

function busAt(address: string, log: Parameters<typeof createConsulBus>[0]['log']): Bus {
  const bus = createConsulBus({ clock: systemClock, log }, { address, namespace: `faults-${tests}` });
  resources.add('a bus', () => bus.close());
  return bus;
}

const answer = (status: string, type: string, body: string, index = '') =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\n${index}Content-Length: ${body.length}\r\n\r\n${body}`;
const index = 'X-Consul-Index: 7\r\n';

const nonsense: readonly (readonly [string, string | Buffer])[] = [
  ['an HTML page', answer('200 OK', 'text/html', '<html>It works!</html>')],
  ['an HTML page with an index', answer('200 OK', 'text/html', '<html>It works!</html>', index)],
  ['"not found" from another server', answer('404 Not Found', 'text/html', '<html>404</html>')],
  ['"forbidden"', answer('403 Forbidden', 'text/plain', 'Permission denied')],
  ['an error', answer('500 Internal Server Error', 'text/plain', 'No cluster leader')],
  ['broken JSON', answer('200 OK', 'application/json', '[{"Key":', index)],
  ['a list of null', answer('200 OK', 'application/json', '[null]', index)],
  ['an object for a list', answer('200 OK', 'application/json', '{"Key":1}', index)],
  ['a number', answer('200 OK', 'application/json', '7', index)],
  ['hostile members', answer('200 OK', 'application/json', '[{"hasOwnProperty":1,"Value":"eA=="}]', index)],
  ['entries without a key', answer('200 OK', 'application/json', '[{"Value":"eA=="}]', index)],
  ['an index that is no number', answer('200 OK', 'application/json', '[]', 'X-Consul-Index: many\r\n')],
  ['a redirect', answer('302 Found', 'text/plain', '')],
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['random bytes', Buffer.from([0, 255, 13, 10, 13, 10, 1, 2, 3])],
];

/** During the fault the known state stays, the status reports the fault and requests reject. After it everything works again. */
async function survive(fault: Fault): Promise<void> {
  proxy.set({ kind: 'cut' });
  proxy.set(fault);
  const seen = proxy.requests().length;
  const reads = () =>
    proxy
      .requests()
      .slice(seen)
      .filter(({ method }) => method === 'GET').length;
  if (fault.kind !== 'cut') await poll(() => reads() >= 1, { what: 'reads during the fault', timeoutMs: 20_000 });
  await poll(() => behind.status().connected === false, { what: 'the status to report it', timeoutMs: 20_000 });
  expect(behind.status().problem).not.toBeNull();
  await expect(behind.get('service/old')).rejects.toThrow();
  await expect(behind.list('')).rejects.toThrow();
  await expect(behind.put('service/lost', 1)).rejects.toThrow();
  expect(observer.gone).toEqual([]);
  await lease.publish(new Map([['n', 2]]));
  await direct.delete('service/old');
  proxy.set({ kind: 'cut' });
  proxy.set({ kind: 'pass' });
  await observer.until(
    'the changes during the fault',
    () => observer.fact('a', 'n') === 2 && !observer.documents.has('service/old'),
  );
  expect(observer.gone).toEqual(['service/old']);
  expect(behind.status()).toMatchObject({ connected: true, problem: null });
}

describe('Consul returns nonsense: the known state stays', () => {
  test.each(nonsense)('%s', async (_what, bytes) => {
    await survive({ kind: 'nonsense', bytes });
  });
});

test.each<[string, Fault]>([
  ['refuses connections', { kind: 'cut' }],
  ['closes the connection within the headers', { kind: 'truncate', in: 'head' }],
  ['closes the connection within the body', { kind: 'truncate', in: 'body' }],
  ['ends the connection within the body without an error', { kind: 'truncate', in: 'body', politely: true }],
])('Consul %s: the known state stays', async (_what, fault) => {
  await survive(fault);
});

test('Consul hangs with open connections: the bus detects it, and recovers as soon as Consul responds', async () => {
  const renewing = await behind.join('b', new AbortController().signal);
  await renewing.publish(new Map([['n', 1]]));
  proxy.set({ kind: 'hang' });
  await poll(() => behind.status().connected === false, { what: 'the status to report it', timeoutMs: 15_000 });
  await lease.publish(new Map([['n', 2]]));
  expect(observer.gone).toEqual([]);
  // The old connections stay dead, so requests on them must be ended.
  proxy.set({ kind: 'pass' });
  await observer.until('the change', () => observer.fact('a', 'n') === 2);
  expect(renewing.lost.aborted).toBe(false);
}, 60_000); // biome-ignore format: the time limit belongs to the title

test('Consul is slow: no change is lost', async () => {
  proxy.set({ kind: 'delay', ms: 700 });
  await lease.publish(new Map([['n', 2]]));
  await observer.until('the change', () => observer.fact('a', 'n') === 2);
  expect((await behind.put('service/slow', 1, 0)).ok).toBe(true);
  await observer.until('the document', () => observer.documents.has('service/slow'));
  expect(behind.status().connected).toBe(true);
});

test('each change of state is logged once, however many requests fail', async () => {
  for (let time = 0; time < 2; time += 1) {
    proxy.set({ kind: 'cut' });
    const failed = proxy.requests().length;
    for (let call = 0; call < 5; call += 1) await expect(behind.get('k')).rejects.toThrow();
    expect(proxy.requests().length).toBe(failed);
    proxy.set({ kind: 'pass' });
    await behind.get('k');
  }
  expect(lines.filter((line) => line.includes('Consul'))).toEqual([
    'info Consul responds',
    'warn Consul does not respond; Drover keeps the last known state and retries',
    'info Consul responds again',
    'warn Consul does not respond; Drover keeps the last known state and retries',
    'info Consul responds again',
  ]);
});

test('the index goes backwards: another Consul with less history is read from the start', async () => {
  const fresh = await startConsulCluster(resources, { servers: 1 });
  const url = fresh.urls[0] as string;
  const other = busAt(url, createLogLines().log);
  await (await other.join('z', new AbortController().signal)).publish(new Map([['n', 9]]));
  const indexOf = async (at: string) => Number((await fetch(`${at}/v1/kv/?keys`)).headers.get('x-consul-index'));
  const here = cluster.urls[0] as string;
  while ((await indexOf(here)) < (await indexOf(url)) + 50) await direct.put('service/grow', Math.random());
  proxy.retarget(url);
  await observer.until(
    'the state of the other Consul',
    () => observer.fact('z', 'n') === 9 && !observer.hosts.has('a'),
  );
});

test('all keys disappear: the known state stays, and hosts with a lease there join again', async () => {
  observeBus(resources, direct);
  await cluster.request('DELETE', `/v1/kv/faults-${tests}/?recurse`);
  await poll(() => behind.status().problem?.includes('no keys left below'), { what: 'the status to report it' });
  expect(observer.gone).toEqual([]);
  await poll(() => lease.lost.aborted, { what: 'the lease to be lost', timeoutMs: 20_000 });
  expect(observer.gone).toEqual([]);
  const again = await direct.join('a', new AbortController().signal);
  await again.publish(new Map([['n', 2]]));
  await observer.until('the facts again', () => observer.fact('a', 'n') === 2);
  expect(behind.status().connected).toBe(true);
});

test('values that Drover did not write stay unchanged and do no harm', async () => {
  const root = `faults-${tests}/default`;
  const keys = JSON.parse(await cluster.request('GET', `/v1/kv/${root}/?keys`)) as readonly string[];
  const record = keys.find((key) => key.includes('/n/')) as string;
  const facts = keys.find((key) => key.includes('/d/')) as string;
  const group = record.replace(/\/a$/, '').replace('/n/', '/g/');
  await cluster.request('PUT', `/v1/kv/${record.replace(/a$/, 'bad')}`, 'not a host record');
  await cluster.request('PUT', `/v1/kv/${record.replace(/a$/, '%25E0%25A4%25A')}`, '1 AAAAAAAAAAAA');
  await cluster.request('PUT', `/v1/kv/${facts}?flags=1`, 'not deflated');
  for (let n = 0; n < 16; n += 1) {
    const at = String(n).padStart(2, '0');
    await cluster.request('PUT', `/v1/kv/${root}/m/m${at}/service/bad${n}?flags=${n % 4}`, '{"token":');
    await cluster.request('PUT', `/v1/kv/${root}/g/m${at}`, 'bumped');
  }
  await cluster.request('PUT', `/v1/kv/${group}`, 'bumped');
  await lease.publish(new Map([['n', 2]]));
  await direct.put('service/good', 1);
  await observer.until(
    'the valid values',
    () => observer.fact('a', 'n') === 2 && observer.documents.has('service/good'),
  );
  expect(observer.gone).toEqual([]);
});
