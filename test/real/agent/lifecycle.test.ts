import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identify } from '../../../agent/children/process-identity.ts';
import { readHostResolvers } from '../../../agent/index.ts';
import { nameserversIn } from '../../../resolv-conf/index.ts';
import { type RunningAgent, startAgent } from '../../support/agent.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../../support/test-host.ts';

const resources = createResources();
let host: TestHost;
let engine: Engine;
let agent: RunningAgent;
let untouched: string;

const compose = (service: string) => ({
  Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service },
});
const dig = async (name: string) =>
  (await host.run('dig', ['+short', '+time=8', '+tries=1', '@169.254.169.250', name, 'A'])).split('\n').filter(Boolean);
/** Everything of the network that Drover might have left something in, without counters and Docker's own veths. */
const network = async () => {
  const text = await host.run('sh', [
    '-c',
    'ip -br link | grep -v ^veth | cut -d" " -f1; ip netns; ip route; ip rule; nft list tables; iptables-save | grep -v ^#; ls /run/docker/plugins 2>/dev/null',
  ]);
  return text.replaceAll(/\[\d+:\d+\]/g, '');
};

beforeAll(async () => {
  host = await createTestHost(resources, 'alpha');
  await connectHosts(resources, [host]);
  engine = await startEngine(resources, host, { dns: ['169.254.169.250'] });
  await engine.buildBusybox();
  await engine.run('shop-web-1', compose('web'));
  untouched = await network();
  agent = await startAgent(resources, host, engine);
  await poll(async () => (await dig('web.shop.rancher.internal')).length === 1, { what: 'web answered' });
});
afterAll(() => resources.close());

/** What a power cut leaves: the disk. */
async function powerCut(): Promise<void> {
  const pids = (await agent.status()).processes.map(({ pid }) => pid ?? 0);
  await agent.stop('SIGKILL');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await host.run('sh', [
    '-c',
    `rm -r ${agent.runDir}; ip netns delete drover; ip link delete drover0; nft delete table ip drover`,
  ]);
}

test('Q2, Q22: after a reboot without Docker and bus, names are answered from disk, and status reports them as stale', async () => {
  await powerCut();
  await engine.stop('SIGKILL');
  const config = await readFile(agent.configPath, 'utf8');
  const away = { driver: 'consul', consul: { addresses: ['http://127.0.0.1:1'] } };
  await writeFile(agent.configPath, JSON.stringify({ ...JSON.parse(config), bus: away }));
  await agent.start('control');
  const answer = await poll(async () => dig('web.shop.rancher.internal'), {
    what: 'an answer from disk',
    timeoutMs: 20_000,
  });
  expect(answer).toEqual(['172.17.0.2']);
  const { exitCode, stdout } = await agent.drover(['status']);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/state +revision \d+, STALE: saved/);
  expect(stdout).toMatch(/bus +consul, not connected/);
  expect(stdout).toMatch(/docker +not connected/);
  await agent.stop();
  await writeFile(agent.configPath, config);
  // As at boot: Docker asks the agent for the addresses of its network while it starts.
  await agent.start('control');
  await engine.start();
  await engine.docker.getContainer('shop-web-1').restart({ t: 0 });
  await poll(async () => (await agent.drover(['status'])).exitCode === 0, {
    what: 'all well again',
    timeoutMs: 30_000,
  });
});

test('drover down changes nothing while a running container is on the managed network', async () => {
  await engine.run('shop-net-1', { ...compose('net'), HostConfig: { NetworkMode: 'drover' } });
  const refused = await agent.drover(['down']);
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/1\. network drover: is used by shop-net-1; /);
  expect(refused.stderr).toContain('nothing was changed');
  expect((await agent.drover(['down', '--dry-run'])).exitCode).toBe(1);
  expect((await agent.status()).processes.every(({ serving }) => serving)).toBe(true);
  await engine.docker.getContainer('shop-net-1').remove({ force: true });
});

test('drover down leaves nothing behind, and a second run has nothing to do', async () => {
  const web = engine.docker.getContainer('shop-web-1');
  const { ResolvConfPath } = await web.inspect();
  expect(await readFile(ResolvConfPath, 'utf8')).toContain('drover');
  const { processes } = await agent.status();
  const dryRun = await agent.drover(['down', '--dry-run']);
  expect(dryRun).toMatchObject({ exitCode: 0, stderr: '' });
  expect(dryRun.stdout).toMatch(/1\. resolv\.conf of containers\n[\s\S]*Docker's dns setting: lists 169/);
  expect((await agent.status()).docker.connected).toBe(true);
  const down = await agent.drover(['down']);
  expect(down).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await agent.daemon.exit).toBe(10);
  expect(await network()).toBe(untouched);
  // Docker had written Drover's address, because of its dns setting.
  const left = await readHostResolvers(['169.254.169.250']);
  expect(nameserversIn(await readFile(ResolvConfPath, 'utf8'))).toEqual(left.length > 0 ? left : ['169.254.169.250']);
  expect((await engine.docker.listNetworks()).map(({ Name }) => Name).toSorted()).toEqual(['bridge', 'host', 'none']);
  for (const { pid } of processes) expect(await identify(pid ?? 0)).toBeNull();
  expect(await host.run('ls', [agent.runDir])).toBe('');
  expect(await agent.drover(['down'])).toMatchObject({ exitCode: 0, stderr: '' });
});

test('drover down works without an agent, also after a killed one', async () => {
  await agent.start();
  const { processes } = await agent.status();
  await agent.stop('SIGKILL');
  // Its servers are found by their locks.
  await writeFile(join(agent.runDir, 'dns.pid'), 'damaged');
  await rm(join(agent.runDir, 'metadata.pid'));
  const down = await agent.drover(['down']);
  expect(down.stderr).toBe('');
  expect(down.exitCode).toBe(0);
  for (const { pid } of processes) expect(await identify(pid ?? 0)).toBeNull();
  expect(await host.run('ls', [agent.runDir])).toBe('');
  expect((await network()).replace('drover.sock\n', '')).toBe(untouched);
});
