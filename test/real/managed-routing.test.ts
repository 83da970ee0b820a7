import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Step } from '../../linux/index.ts';
import { createManagedRouting, type DesiredRouting, type ManagedRouting, type Peer } from '../../overlay/index.ts';
import { CommandError } from '../../system/index.ts';
import { createResources } from '../support/resources.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';
import { testLog } from '../support/test-log.ts';

const resources = createResources();
const { signal } = new AbortController();
const own = { subnet: '10.42.0.0/24', gateway: '10.42.0.1', device: 'drover1' };
let host: TestHost;
let routing: ManagedRouting;

beforeAll(async () => {
  host = await createTestHost(resources, 'mr-a');
  const lines = [
    'link add drover1 type bridge',
    `address add ${own.gateway}/24 dev drover1`,
    'link set drover1 up',
    'link add tunnel0 type vxlan id 7 dstport 4789 nolearning',
    'link set tunnel0 up',
  ];
  await host.run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  routing = createManagedRouting({ run: host.run, log: testLog('managed-routing') });
});
afterAll(() => resources.close());

function peer(n: number, device: string, mtu = 1400): Peer {
  const subnet = `10.${43 + Math.floor(n / 250)}.${n % 250}`;
  return { hostId: `h${n}`, subnets: [`${subnet}.0/24`], hop: { device, gateway: `${subnet}.0` }, mtu };
}

async function pass(peers: readonly Peer[]): Promise<{ lines: readonly string[]; ms: number }> {
  const desired: DesiredRouting = { ranges: ['10.40.0.0/13'], own, peers };
  const start = performance.now();
  const { changes } = routing.applier.plan(desired, await routing.applier.observe(desired, signal));
  for (const change of changes) await routing.applier.apply(change, signal);
  return { lines: changes.map(routing.applier.format), ms: performance.now() - start };
}

const thousand = Array.from({ length: 1000 }, (_, n) => peer(n, 'tunnel0'));

test('Q23: 1,000 peers are routed in 2 s, and the change of one takes 50 ms (ten times that on a busy machine)', async () => {
  const all = await pass(thousand);
  expect(all.ms).toBeLessThan(20_000);
  expect(all.lines.at(-1)).toMatch(/^ip -force -batch - { route replace 10\.43\.0\.0\/24 via .* \(1994 more\); /);
  expect((await pass(thousand)).lines).toEqual([]);
  const one = await pass(thousand.with(500, peer(500, 'tunnel0', 1280)));
  expect(one.lines).toEqual([
    'ip -force -batch - { route replace 10.45.0.0/24 via 10.45.0.0 dev tunnel0 onlink src 10.42.0.1 mtu 1280 proto 250 }',
  ]);
  const again = [await pass(thousand), await pass(thousand.with(500, peer(500, 'tunnel0', 1280)))];
  expect(Math.min(one.ms, ...again.map(({ ms }) => ms))).toBeLessThan(500);
});

test('Q8: the routes of many hosts are deleted in one batch, in which the deletion limit counts each route', async () => {
  const desired: DesiredRouting = { ranges: ['10.40.0.0/13'], own, peers: thousand.slice(0, 1) };
  const { changes } = routing.applier.plan(desired, await routing.applier.observe(desired, signal));
  expect(changes).toHaveLength(1);
  const deletions = changes.flatMap((change) => routing.deletionLimit.deletions(change));
  expect(new Set(deletions).size).toBe(2 * 999);
  await pass(desired.peers);
  expect((await pass(desired.peers)).lines).toEqual([]);
});

test('what the kernel lists is what was written, also for an agent that has just started; without timeouts the rest stands', async () => {
  const desired: DesiredRouting = { ranges: ['10.40.0.0/13'], own, peers: thousand };
  const linesOf = async ({ applier }: ManagedRouting) =>
    applier
      .plan(desired, await applier.observe(desired, signal))
      .changes.map(applier.format)
      .filter((line) => line.startsWith('nft'));
  const log = testLog('managed-routing');
  expect(await linesOf(createManagedRouting({ run: host.run, log }))).toEqual([]);
  expect(await host.run('nft', ['list', 'table', 'ip', 'drover_network'])).toContain('ct timeout remembered');
  // As a kernel without CONFIG_NF_CONNTRACK_TIMEOUT.
  const run: typeof host.run = (file, args, options) =>
    options?.input?.includes('ct timeout')
      ? Promise.reject(new CommandError('nft -f -: not supported', 1, 'not supported', null))
      : host.run(file, args, options);
  const { applier } = createManagedRouting({ run, log });
  await host.run('nft', ['delete', 'table', 'ip', 'drover_network']);
  const plan = async () => applier.plan(desired, await applier.observe(desired, signal)).changes;
  const [first] = await plan();
  await expect(applier.apply(first as Step, signal)).rejects.toThrow('not supported');
  for (const change of await plan()) await applier.apply(change, signal);
  expect(await plan()).toEqual([]);
  expect(await host.run('nft', ['list', 'table', 'ip', 'drover_network'])).toMatch(/masquerade/);
  await pass(thousand);
});

test('Q24: routes come back when their device does, and removal leaves only routes of others', async () => {
  await host.run('ip', ['route', 'add', 'blackhole', '10.40.0.0/13', 'proto', '250', 'metric', '4278198272']);
  await host.run('ip', ['link', 'set', 'tunnel0', 'down']);
  expect((await pass(thousand.slice(0, 2))).lines).toEqual([]);
  await host.run('ip', ['link', 'set', 'tunnel0', 'up']);
  expect((await pass(thousand.slice(0, 2))).lines).toHaveLength(1);
  expect(await host.run('ip', ['route', 'get', '10.43.1.9'])).toContain('via 10.43.1.0 dev tunnel0 src 10.42.0.1');
  await routing.remove();
  expect((await host.run('ip', ['route', 'show', 'proto', '250'])).trim()).toMatch(
    /^blackhole 10\.40\.0\.0\/13 \S+ 4278198272$/,
  );
});
