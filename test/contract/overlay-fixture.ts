import { readdir, readFile, readlink } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Backend, DesiredTunnels, OwnEnd, TunnelPeer } from '../../overlay/index.ts';
import { runCommand } from '../../system/index.ts';
import { poll } from '../support/poll.ts';
import type { Resources } from '../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../support/test-host.ts';
import type { BackendHost, OverlayDriver } from './overlay-backend.ts';

const ECHO = fileURLToPath(new URL('../support/source-echo.ts', import.meta.url));
const ASK = fileURLToPath(new URL('../support/source-ask.ts', import.meta.url));

/** A test host with a bridge that has the gateway of its subnet, an echo server, and the driver. */
export interface Member {
  readonly test: TestHost;
  readonly host: BackendHost;
  readonly own: OwnEnd;
  /** Its first backend. The suite can make more of them on the same host, like an agent that starts again. */
  readonly backend: Backend;
  /** Ends `run` of its backends. */
  readonly stop: () => void;
}

/** Two hosts on one network segment, with addresses `192.0.2.N` and `2001:db8::N`, and the subnets `10.42.N.0/24`. */
export async function createMembers(resources: Resources, driver: OverlayDriver): Promise<readonly [Member, Member]> {
  const hosts = [await createTestHost(resources, 'ob-a'), await createTestHost(resources, 'ob-b')];
  const addresses = await connectHosts(resources, hosts);
  const members: Member[] = [];
  for (const [index, test] of hosts.entries()) {
    const subnet = `10.42.${index + 1}`;
    const device = ['link add drover1 type bridge', `address add ${subnet}.1/24 dev drover1`, 'link set drover1 up'];
    const six = `address add 2001:db8::${index + 1}/64 dev uplink nodad`;
    await test.run('ip', ['-batch', '-'], { input: `${[...device, six].join('\n')}\n` });
    const own: OwnEnd = {
      hostId: test.name,
      subnet: `${subnet}.0/24`,
      gateway: `${subnet}.1`,
      address: addresses[index] ?? '',
      mtu: 1300,
    };
    const host: BackendHost = {
      ...test,
      hostId: test.name,
      run: (file, args, options) => test.run(file, args, options),
    };
    const stop = new AbortController();
    const backend = driver.create(host);
    await startEcho(test, own.gateway);
    members.push({ test, host, own, backend, stop: () => stop.abort() });
    const running = backend.run(stop.signal);
    resources.add(`driver on ${test.name}`, async () => {
      stop.abort();
      await running;
      await backend.remove();
    });
  }
  return members as [Member, Member];
}

async function startEcho(test: TestHost, address: string): Promise<void> {
  const server = test.start(process.execPath, [ECHO, test.name, address, 'tcp:80', 'udp:80']);
  await poll(() => server.stdout().includes('ready'), { what: `echo on ${test.name}`, giveUp: server.assertRunning });
}

/** The other host as its fact describes it. */
export async function peerOf({ own, backend }: Member, changes: Partial<TunnelPeer> = {}): Promise<TunnelPeer> {
  return {
    hostId: own.hostId,
    address: own.address,
    port: backend.port,
    publicKey: await backend.publicKey(),
    subnets: [own.subnet],
    isSilent: false,
    ...changes,
  };
}

export interface Pass {
  /** One line for each change. */
  readonly lines: readonly string[];
  /** `SUBJECT: WHAT`. */
  readonly problems: readonly string[];
}

const NEVER = new AbortController().signal;

/** Observes and plans, and changes nothing. */
export async function look({ applier }: Backend, desired: DesiredTunnels): Promise<Pass> {
  const { changes, problems } = applier.plan(desired, await applier.observe(desired, NEVER));
  return { lines: changes.map(applier.format), problems: problems.map(({ subject, what }) => `${subject}: ${what}`) };
}

/** One pass: all changes, in order. */
export async function pass({ applier }: Backend, desired: DesiredTunnels, signal = NEVER): Promise<void> {
  const { changes } = applier.plan(desired, await applier.observe(desired, signal));
  for (const change of changes) await applier.apply(change, signal);
}

/** Passes until nothing is left to do, as the agent does. Programs of the driver may need a moment to start. */
export async function settle(backend: Backend, desired: DesiredTunnels, timeoutMs: number): Promise<void> {
  const attempt = async (): Promise<boolean> => {
    await pass(backend, desired);
    return (await look(backend, desired)).lines.length === 0;
  };
  await poll(attempt, { what: `an empty plan of ${backend.name}`, timeoutMs });
}

/** Sets the route to a peer, as `overlay/routing` does. */
export async function route({ test, own, backend }: Member, peer: TunnelPeer): Promise<void> {
  const { device, gateway } = backend.hop(peer);
  const via = gateway === null ? [] : ['via', gateway];
  const dev = device === null ? [] : ['dev', device, ...(gateway === null ? [] : ['onlink'])];
  await test.run('ip', ['route', 'replace', peer.subnets[0] ?? '', ...via, ...dev, 'src', own.gateway]);
}

/** What the other host's echo server answers over TCP and UDP. */
export async function ask(from: Member, to: Member, timeoutMs = 500): Promise<string> {
  const specs = [`tcp:${to.own.gateway}:80`, `udp:${to.own.gateway}:80`];
  const { file, args } = from.test.enter(process.execPath, [ASK, `${timeoutMs}`, ...specs]);
  return runCommand(file, args);
}

/** What the kernel has on a host, and its processes: equal texts before a driver is started and after it is removed. */
export async function listing({ test }: Member): Promise<string> {
  const commands = [
    ['ip', '-brief', 'link'],
    ['ip', 'route', 'show', 'table', 'all', 'proto', '250'],
    ['ip', '-4', 'rule'],
    ['ip', '-6', 'rule'],
    ['ip', 'xfrm', 'policy'],
    ['nft', 'list', 'ruleset'],
    ['ls', '/run/drover', '/run/wireguard'],
  ];
  const texts = await Promise.all(commands.map(([file = '', ...args]) => test.run(file, args)));
  return [...texts, ...(await processesIn(test))].join('\n');
}

/** Without the shells in which the test itself runs commands there. */
async function processesIn({ holderPid }: TestHost): Promise<readonly string[]> {
  const home = await readlink(`/proc/${holderPid}/ns/net`);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const names = pids.map(async (pid) => {
    const net = await readlink(`/proc/${pid}/ns/net`).catch(() => '');
    const stat = net === home ? await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '') : '';
    const [, name = '', parent] = /\((.*)\) . (\d+)/s.exec(stat) ?? [];
    return name === 'sh' && Number(parent) === process.pid ? '' : name;
  });
  return (await Promise.all(names)).filter((name) => name !== '').toSorted();
}
