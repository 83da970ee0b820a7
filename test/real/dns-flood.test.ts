import { resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createServiceAddress } from '../../overlay/index.ts';
import type { RunCommand } from '../../system/index.ts';
import { applyOnce, driftOf } from '../support/apply-once.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { startDnsHost } from '../support/dns-host.ts';
import { percentile } from '../support/percentile.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { encodeQuery, encodeWithCookie, startSteadyQueries } from '../support/steady-queries.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';
import { testLog } from '../support/test-log.ts';

let resources: Resources;
beforeEach(() => {
  resources = createResources();
});
afterEach(() => resources.close());

const FLOODER = resolve('test/support/flooder.ts');
const NAMES = Array.from({ length: 10 }, (_, n) => `s${n}.shop.rancher.internal`);
const QUIET = '127.0.0.3';
const ROUNDS = 2;
const ROUND_QUERIES = 100;

interface Flood {
  readonly server: string;
  readonly port: number;
  readonly from: string;
  readonly perSecond: number;
  readonly kind: 'plain' | 'cookie';
  /** Asks more and more, up to this, until the server cannot keep up. */
  readonly most?: number;
}

interface Flooded {
  readonly sent: number;
  readonly got: number;
  readonly overloaded: boolean;
}

const flooderArgs = ({ server, port, from, perSecond, kind, most = perSecond }: Flood) => [
  FLOODER,
  ...[server, port, from, perSecond, kind, most].map(String),
];

function counted(flooder: Daemon): Flooded {
  const lines = flooder.stdout().split('\n');
  return JSON.parse(lines.at(-2) ?? '{"sent":0,"got":0,"overloaded":false}') as Flooded;
}

/** What a client sees that asks 100 times a second, half of it plainly and half of it on the general path. */
async function askQuietly(port: number) {
  let turn = 0;
  const encode = (id: number, name: string): Buffer => {
    turn += 1;
    return turn % 2 === 0 ? encodeQuery(id, name) : encodeWithCookie(id, name);
  };
  const quiet = await startSteadyQueries(resources, { port, from: QUIET, perSecond: 100, names: NAMES, encode });
  await poll(() => quiet.sent >= ROUND_QUERIES, { what: 'a round of queries' });
  return quiet.stop();
}

test.each([
  ['auto', 'cookie'],
  ['off', 'cookie'],
  ['auto', 'plain'],
  ['off', 'plain'],
] as const)('a flood from one container does not slow another, batching %s, %s queries', async (batching, kind) => {
  const { port } = await startDnsHost(resources, { batching });
  // On the general path as many as it cannot answer; on the fast path less, for more is cut off before the server.
  const flood: Flood = { server: '127.0.0.1', port, from: '127.0.0.2', perSecond: 5_000, kind };
  const most = batching === 'auto' ? 200_000 : 60_000;
  const args = flooderArgs(kind === 'cookie' ? { ...flood, most } : flood);
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await askQuietly(port);
    const flooder = startDaemon(process.execPath, args);
    resources.add('flooder', () => flooder.stop());
    await poll(() => counted(flooder).got > 2_000 && (kind === 'plain' || counted(flooder).overloaded), {
      what: 'the flood',
      timeoutMs: 20_000,
      giveUp: flooder.assertRunning,
    });
    const during = await askQuietly(port);
    await flooder.stop();
    expect([...before.bad, ...during.bad]).toEqual([]);
    alone.push(...before.latenciesMs);
    beside.push(...during.latenciesMs);
  }
  const [p50, p50Flooded, p99, p99Flooded] = [0.5, 0.99].flatMap((share) => [
    percentile(alone, share),
    percentile(beside, share),
  ]) as [number, number, number, number];
  console.info(
    `p50 ${p50.toFixed(2)} ms alone, ${p50Flooded.toFixed(2)} flooded; p99 ${p99.toFixed(2)}, ${p99Flooded.toFixed(2)}`,
  );
  // In one line for all, half a second of the flooder's questions or more would stand before each.
  expect(p50Flooded).toBeLessThan(p50 + 150);
  expect(p99Flooded).toBeLessThan(p99 + 500);
});

const LIMIT = 200;

/** A container's network on the bridge of a host. */
async function addContainer(
  host: TestHost,
  n: number,
): Promise<{ readonly client: TestHost; readonly address: string }> {
  const client = await createTestHost(resources, `client-${n}`);
  const address = `10.42.1.${10 + n}`;
  const link = `link add port${n} type veth peer name eth0 netns ${client.holderPid}`;
  await host.run('ip', link.split(' '));
  await host.run('ip', ['link', 'set', `port${n}`, 'master', 'br0', 'up']);
  await client.run('ip', ['address', 'add', `${address}/24`, 'dev', 'eth0']);
  await client.run('ip', ['link', 'set', 'eth0', 'up']);
  await client.run('ip', ['route', 'add', 'default', 'via', '10.42.1.1']);
  return { client, address };
}

test('a client above the limit loses its excess queries before the server; other clients lose none', async () => {
  const host = await createTestHost(resources, 'limited');
  const run: RunCommand = (file, args, options = {}) => host.run(file, args, options as { input?: string });
  for (const line of ['link add br0 type bridge', 'address add 10.42.1.1/24 dev br0', 'link set br0 up'])
    await host.run('ip', line.split(' '));
  await host.run('sysctl', ['--write', 'net.ipv4.ip_forward=1']);
  const options = { dockerUserRules: false, maxQueriesPerSecond: LIMIT };
  const address = createServiceAddress({ run, log: testLog('limited') }, options);
  await applyOnce(address.applier, address.settings);
  expect(await driftOf(address.applier, address.settings)).toEqual([]);
  const enter = (file: string, args: readonly string[]) => {
    const inside = address.enterCommand(file, args);
    return host.enter(inside.file, inside.args);
  };
  const listen = { address: address.settings.serviceAddress, port: 53 };
  const dns = await startDnsHost(resources, { batching: 'auto', enter, listen });

  const [greedy, quiet] = await Promise.all([addContainer(host, 0), addContainer(host, 1)]);
  const start = ({ client, address: from }: typeof greedy, perSecond: number): Daemon =>
    client.start(process.execPath, flooderArgs({ server: listen.address, port: 53, from, perSecond, kind: 'plain' }));
  const [flooder, modest] = [start(greedy, 10 * LIMIT), start(quiet, LIMIT / 5)];
  await poll(() => counted(flooder).sent > 25 * LIMIT && counted(modest).sent > 80, {
    what: 'the flood',
    timeoutMs: 20_000,
    giveUp: flooder.assertRunning,
  });
  const flooded = counted(flooder);
  const rules = await host.run('nft', ['list', 'chain', 'ip', 'drover', 'prerouting']);
  expect(Number(/counter packets (\d+)/.exec(rules)?.[1])).toBeGreaterThan(10 * LIMIT);
  expect(flooded.got).toBeGreaterThan(LIMIT / 2);
  expect(flooded.got).toBeLessThan(flooded.sent / 2);
  modest.signal('SIGUSR2');
  await poll(() => counted(modest).got === counted(modest).sent, { what: 'a reply to each query of the other client' });
  expect(await driftOf(address.applier, address.settings)).toEqual([]);
  expect(dns.status().state).toBe('running');
});
