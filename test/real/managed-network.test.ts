import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createManagedNetwork,
  createManagedRouting,
  type DesiredNetwork,
  type DesiredRouting,
  type DockerNetwork,
  findDockerNetwork,
  type ManagedRouting,
  type Peer,
  removeManagedNetwork,
} from '../../overlay/index.ts';
import { createReconciler, type Reconciler } from '../../reconcile/index.ts';
import { type RunCommand, runCommand, systemClock } from '../../system/index.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { startIpam } from '../support/ipam.ts';
import { createMemoryDocuments } from '../support/memory-documents.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../support/test-host.ts';
import { testLog } from '../support/test-log.ts';

const ECHO = fileURLToPath(new URL('../support/source-echo.ts', import.meta.url));
const IDLE = fileURLToPath(new URL('../support/idle-tcp.ts', import.meta.url));
const ASK = fileURLToPath(new URL('../support/source-ask.ts', import.meta.url));
/** What a busy machine may add to the 5 s in which a part is restored. */
const BUSY_MS = 10_000;
const RANGES = ['10.42.0.0/22', '10.43.0.0/22'];

interface Member {
  readonly name: string;
  readonly host: TestHost;
  readonly engine: Engine;
  readonly address: string;
  readonly run: RunCommand;
  readonly network: DockerNetwork;
  /** One pass for a network like that of this host: the lines of its changes and its problems. */
  readonly pass: (other?: Partial<DesiredNetwork>) => Promise<readonly string[]>;
  readonly routing: ManagedRouting;
  readonly loop: Reconciler<DesiredRouting>;
}

const resources = createResources();
const log = testLog('managed-network');
const { documents } = createMemoryDocuments();
const stop = new AbortController();
let members: Member[];
let outside: TestHost;
let outsideAddress: string;

beforeAll(async () => {
  const hosts = [await createTestHost(resources, 'mn-a'), await createTestHost(resources, 'mn-b')];
  outside = await createTestHost(resources, 'mn-outside');
  const addresses = await connectHosts(resources, [...hosts, outside]);
  outsideAddress = addresses[2] ?? '';
  const engines = await Promise.all(hosts.map(startEngineWithIpam));
  members = [];
  // One after the other: the first pass writes the ranges of all hosts, and fails if another host writes them at the same time.
  for (const [index, host] of hosts.entries())
    members.push(await join(host, engines[index] as Engine, addresses[index] ?? ''));
  for (const { loop } of members) loop.trigger(desiredOf(members, loop), 1);
  await poll(() => members.every(({ loop }) => loop.status().lastAppliedRevision === 1), { what: 'routes' });
});
afterAll(async () => {
  stop.abort();
  await resources.close();
});

async function startEngineWithIpam(host: TestHost): Promise<Engine> {
  const engine = await startEngine(resources, host);
  await engine.buildBusybox();
  await startIpam(host, engine);
  return engine;
}

async function join(host: TestHost, engine: Engine, address: string): Promise<Member> {
  const run: RunCommand = (file, args, options = {}) => host.run(file, args, options as { input?: string });
  const pass = networkPasses(host.name, { docker: engine.docker, run });
  expect(await pass()).toContainEqual(expect.stringMatching(/^create Docker network drover with subnet 10\.4[23]\./));
  expect(await pass()).toEqual([]);
  const network = await findDockerNetwork(engine.docker, 'drover');
  if (!network) throw new Error('no network');
  const routing = createManagedRouting({ run, log });
  const { applier, deletionLimit } = routing;
  const loop = createReconciler(
    { clock: systemClock, log },
    { name: 'managed-routing', ...applier, deletionLimit, intervalMs: 2000 },
  );
  const running = loop.run(stop.signal);
  resources.add(`routing of ${host.name}`, () => {
    stop.abort();
    return running;
  });
  return { name: host.name, host, engine, address, run, network, pass, routing, loop };
}

function networkPasses(hostId: string, deps: { readonly docker: Docker; readonly run: RunCommand }): Member['pass'] {
  const { observe, plan, apply, format } = createManagedNetwork({
    ...deps,
    clock: systemClock,
    documents: async () => documents,
    resolvers: async () => [],
    onNetwork: () => {},
    onRanges: () => {},
  });
  const configured = { ranges: RANGES, prefixLength: 24 };
  return async (other = {}) => {
    const desired = { hostId, name: 'drover', device: 'drover1', mtu: 1400, configured, ...other };
    const { changes, problems } = plan(desired, await observe(desired, stop.signal));
    for (const change of changes) await apply(change, stop.signal);
    return [...changes.map(format), ...problems.map(({ subject, what }) => `${subject}: ${what}`)];
  };
}

function desiredOf(all: readonly Member[], loop: Reconciler<DesiredRouting>): DesiredRouting {
  const own = all.find((member) => member.loop === loop)?.network ?? null;
  const peers = all
    .filter((member) => member.loop !== loop)
    .map(({ name, address, network }) => peerOf(name, address, network.subnet));
  return { ranges: RANGES, own, peers };
}

function peerOf(hostId: string, gateway: string, subnet: string): Peer {
  return { hostId, subnets: [subnet], hop: { device: null, gateway }, mtu: null };
}

async function startContainer(member: Member, name: string): Promise<{ pid: number; address: string }> {
  const { engine, host } = member;
  const container = await engine.run(name, { StopSignal: 'SIGKILL', HostConfig: { NetworkMode: 'drover' } });
  const { State } = await container.inspect();
  const server = host.start('nsenter', [
    '-t',
    `${State.Pid}`,
    '-n',
    process.execPath,
    ECHO,
    name,
    '0.0.0.0',
    'tcp:80',
    'udp:80',
  ]);
  await poll(() => server.stdout().includes('ready'), { what: `echo in ${name}`, giveUp: server.assertRunning });
  return { pid: State.Pid, address: await addressOf(member, name) };
}

async function addressOf({ engine }: Member, name: string): Promise<string> {
  const { NetworkSettings } = await engine.docker.getContainer(name).inspect();
  return NetworkSettings.Networks.drover?.IPAddress ?? '';
}

/** `timeoutMs`: short only where no reply is expected. */
async function ask(pid: number, address: string, timeoutMs = 8_000): Promise<string[]> {
  const args = [ASK, `${timeoutMs}`, `tcp:${address}:80`, `udp:${address}:80`];
  const out = await runCommand('nsenter', ['-t', `${pid}`, '-n', process.execPath, ...args]);
  return out.split('\n');
}

const seen = (name: string, source: string): string[] => [`${name} sees ${source}`, `${name} sees ${source}`];

test('containers on two hosts reach each other under their own addresses, hosts as their gateway', async () => {
  const [a, b] = members as [Member, Member];
  expect(a.network.subnet).not.toBe(b.network.subnet);
  const web = await startContainer(a, 'web');
  const client = await startContainer(b, 'client');
  expect(await ask(client.pid, web.address)).toEqual(seen('web', client.address));
  expect(await ask(web.pid, client.address)).toEqual(seen('client', web.address));
  expect(await ask(b.host.holderPid, web.address)).toEqual(seen('web', b.network.gateway));
  expect(await runCommand('nsenter', ['-t', `${web.pid}`, '-n', 'ip', 'link', 'show', 'eth0'])).toContain('mtu 1400');
});

test('traffic that leaves the ranges has the address of its host', async () => {
  const [a] = members as [Member];
  const server = outside.start(process.execPath, [ECHO, 'outside', '0.0.0.0', 'tcp:80', 'udp:80']);
  await poll(() => server.stdout().includes('ready'), { what: 'outside', giveUp: server.assertRunning });
  const pid = (await a.engine.docker.getContainer('web').inspect()).State.Pid;
  expect(await ask(pid, outsideAddress)).toEqual(seen('outside', a.address));
});

test('Q31: idle and half-closed connections live on between hosts and out of the network, however short the timeouts of the host are', async () => {
  const [a, b] = members as [Member, Member];
  // What the kernel forgets after 60 s (half-closed) and 5 days (idle) is forgotten after one second.
  const short = ['close_wait', 'established', 'fin_wait'].map(
    (state) => `net.netfilter.nf_conntrack_tcp_timeout_${state}=1`,
  );
  for (const { run } of [a, b]) await run('sysctl', ['-qw', ...short]);
  const [from, to] = [await startContainer(a, 'idle-a'), await startContainer(b, 'idle-b')];
  const servers = [
    b.host.start('nsenter', ['-t', `${to.pid}`, '-n', process.execPath, IDLE, 'serve', to.address, '81']),
    outside.start(process.execPath, [IDLE, 'serve', outsideAddress, '81']),
  ];
  for (const server of servers)
    await poll(() => server.stdout().includes('ready'), { what: 'the server', giveUp: server.assertRunning });
  const askIdle = (address: string) =>
    runCommand('nsenter', ['-t', `${from.pid}`, '-n', process.execPath, IDLE, 'ask', address, '81', '2500']);
  const found = await Promise.all([to.address, outsideAddress].map(askIdle));
  await a.engine.docker.getContainer('idle-a').remove({ force: true });
  await b.engine.docker.getContainer('idle-b').remove({ force: true });
  expect(found).toEqual(found.map(() => 'idle: latedone\nhalf-closed: late'));
});

test('a machine outside cannot reach a container by adding a route', async () => {
  const [a] = members as [Member];
  await outside.run('ip', ['route', 'add', a.network.subnet, 'via', a.address]);
  const web = await addressOf(a, 'web');
  for (const answer of await ask(outside.holderPid, web, 3_000)) expect(answer).toContain('failed: ');
});

test('Q24: routes and rules are restored within 5 s, foreign ones are kept', async () => {
  const [a, b] = members as [Member, Member];
  await a.run('ip', ['route', 'add', '198.51.100.0/24', 'via', b.address]);
  await a.run('ip', ['route', 'delete', b.network.subnet]);
  await a.run('nft', ['delete', 'table', 'ip', 'drover_network']);
  await a.run('iptables', ['-F', 'DOCKER-USER']);
  const web = (await a.engine.docker.getContainer('web').inspect()).State.Pid;
  await poll(async () => (await a.run('ip', ['route'])).includes(`${b.network.subnet} via`), {
    what: 'a route',
    timeoutMs: 5000 + BUSY_MS,
  });
  await poll(async () => (await a.run('nft', ['list', 'tables'])).includes('drover_network'), { what: 'the table' });
  const accepts = async () => (await a.run('iptables', ['-S', 'DOCKER-USER'])).includes('drover-network');
  await poll(accepts, { what: 'the accept rules' });
  expect((await ask(web, await addressOf(b, 'client')))[0]).toContain('client sees');
  expect(await a.run('ip', ['route'])).toContain('198.51.100.0/24');
});

test('Q37: a subnet that overlaps a route of the host is refused, and the route is named', async () => {
  const [a, b] = members as [Member, Member];
  await a.run('ip', ['route', 'add', '10.43.0.0/16', 'via', b.address]);
  const desired = desiredOf(members, a.loop);
  const peers = [...desired.peers, peerOf('c', '192.0.2.77', '10.43.1.0/24')];
  a.loop.trigger({ ...desired, peers }, 2);
  await poll(() => a.loop.status().lastAppliedRevision === 2, { what: 'the pass' });
  expect(a.loop.status().problems.map(({ what }) => what)).toEqual([
    'overlaps the route to 10.43.0.0/16 via 192.0.2.2 on uplink of this host',
  ]);
  const conflict = 'managed network range 10.43.0.0/22: overlaps the route to 10.43.0.0/16 on uplink of this host';
  expect(await a.pass({ name: 'other', device: 'other0' })).toContain(conflict);
  expect(await findDockerNetwork(a.engine.docker, 'other')).toBeNull();
  expect(await a.pass()).toEqual([conflict]);
  await a.run('ip', ['route', 'delete', '10.43.0.0/16']);
});

test('a network of that name that is not ours, or has another subnet, is a problem and is kept', async () => {
  const [a] = members as [Member];
  await a.engine.docker.createNetwork({ Name: 'foreign' });
  expect(await a.pass({ name: 'foreign' })).toEqual(['Docker network foreign: was not created by Drover']);
  const { subnet } = a.network;
  const key = `subnet/${subnet.replace('/', '_')}`;
  await documents.delete(key);
  await documents.put('subnet/10.42.3.0_24', { hostId: a.host.name, claimedAtMs: 1 });
  expect(await a.pass()).toEqual([
    `Docker network drover: has subnet ${subnet}, but the subnet of this host is 10.42.3.0/24`,
  ]);
  await documents.delete('subnet/10.42.3.0_24');
  expect(await a.pass()).toEqual([`claim subnet ${subnet}`]);
  expect(await findDockerNetwork(a.engine.docker, 'drover')).toEqual(a.network);
});

test('removal removes everything of ours and nothing else', async () => {
  const [a] = members as [Member];
  expect(await removeManagedNetwork(a.engine.docker)).toMatchObject({ ok: false, problem: { what: 'is used by web' } });
  await a.engine.docker.getContainer('web').remove({ force: true });
  stop.abort();
  await a.routing.remove();
  await a.routing.remove();
  expect(await removeManagedNetwork(a.engine.docker)).toEqual({ ok: true, value: null });
  expect(await findDockerNetwork(a.engine.docker, 'drover')).toBeNull();
  const left = `${await a.run('nft', ['list', 'tables'])}${await a.run('iptables-save', [])}${await a.run('ip', ['route'])}`;
  expect(left).not.toMatch(/drover|10\.42\.|proto 250/);
  expect(left).toContain('198.51.100.0/24');
});
