import { resolve } from 'node:path';
import type { Backend, DesiredTunnels, OwnEnd, TunnelPeer } from '../../../overlay/index.ts';
import { createReconciler } from '../../../reconcile/index.ts';
import { systemClock as clock, runCommand } from '../../../system/index.ts';
import { poll } from '../poll.ts';
import type { Resources } from '../resources.ts';
import type { TestHost } from '../test-host.ts';
import { testLog } from '../test-log.ts';

const ECHO = resolve('test/support/source-echo.ts');
const IPERF = resolve('.tools/overlay/bin/iperf3');

/** A host with a bridge that has the gateway of its subnet `10.42.N.0/24`. */
export interface TunnelHost extends TestHost {
  readonly own: OwnEnd;
}

export async function withSubnet(test: TestHost, n: number, address: string, mtu = 1400): Promise<TunnelHost> {
  const gateway = `10.42.${n}.1`;
  const lines = ['link add drover1 type bridge', `address add ${gateway}/24 dev drover1`, 'link set drover1 up'];
  await test.run('ip', ['-batch', '-'], { input: lines.join('\n') });
  return { ...test, own: { hostId: test.name, subnet: `10.42.${n}.0/24`, gateway, address, mtu } };
}

/** Connects two hosts by one link, without addresses: `uplink` on both. */
export async function connectDirectly(a: TestHost, b: TestHost): Promise<void> {
  const end = (host: TestHost): string[] => ['name', 'uplink', 'netns', String(host.holderPid)];
  await runCommand('ip', ['link', 'add', ...end(a), 'type', 'veth', 'peer', ...end(b)]);
  for (const host of [a, b]) await host.run('ip', ['link', 'set', 'uplink', 'up']);
}

/** The loop that keeps the tunnels of a host, as its agent runs it. */
export interface TunnelLoop {
  readonly backend: Backend;
  /** Replaces the desired peers, and gives each a route to its device. */
  setPeers(...peers: readonly TunnelPeer[]): Promise<void>;
  setOwn(changes: Partial<OwnEnd>): void;
  /** The problems of its last pass. */
  problems(): readonly string[];
  recheck(): void;
  /** Ends it as an agent that ends; its programs run on. */
  leave(): Promise<void>;
}

export function startTunnelLoop(resources: Resources, host: TunnelHost, backend: Backend): TunnelLoop {
  const end = new AbortController();
  const log = testLog(`tunnels of ${host.name}`);
  const loop = createReconciler({ clock, log }, { ...backend.applier, name: 'tunnels', intervalMs: 500 });
  let desired: DesiredTunnels = { own: host.own, peers: [] };
  let revision = 0;
  const set = (changes: Partial<DesiredTunnels>): void => {
    desired = { ...desired, ...changes };
    revision += 1;
    loop.trigger(desired, revision);
  };
  const lives = [loop.run(end.signal), backend.run(end.signal)];
  const leave = async (): Promise<void> => {
    end.abort();
    await Promise.all(lives);
  };
  resources.add(`tunnels of ${host.name}`, async () => {
    await leave();
    await backend.remove();
  });
  return {
    backend,
    setPeers: async (...peers) => {
      set({ peers });
      await poll(() => loop.status().lastAppliedRevision === revision && loop.status().lastError === null, {
        what: `the tunnels of ${host.name}`,
        timeoutMs: 20_000,
      }).catch((error: Error) => {
        throw new Error(`${error.message}: ${JSON.stringify(loop.status())}`);
      });
    },
    setOwn: (changes) => set({ own: { ...host.own, ...changes } }),
    problems: () => loop.status().problems.map(({ subject, what }) => `${subject}: ${what}`),
    recheck: () => loop.recheck(),
    leave,
  };
}

/** This host as others see it. */
export async function asPeer(
  { own }: TunnelHost,
  backend: Backend,
  changes: Partial<TunnelPeer> = {},
): Promise<TunnelPeer> {
  const { hostId, address, subnet } = own;
  const publicKey = await backend.publicKey();
  return { hostId, address, port: backend.port, publicKey, subnets: [subnet], isSilent: false, ...changes };
}

/** Routes the subnet of a peer into a device. A route that stands is replaced in one step. */
export async function routeTo({ run, own }: TunnelHost, peer: TunnelHost, device: string): Promise<void> {
  await run('ip', ['route', 'replace', peer.own.subnet, 'dev', device, 'src', own.gateway]);
}

export interface Transfer {
  readonly bytes: number;
  readonly packets: number;
  readonly lostPackets: number;
}

/** Serves `transfer` on the gateway of a host. One transfer at a time on each port. */
export async function serveTransfers(host: TunnelHost, port = 5201): Promise<void> {
  const server = host.start(IPERF, ['--server', '--bind', host.own.gateway, '--port', `${port}`, '--forceflush']);
  await poll(() => server.stdout().includes('listening'), { what: 'iperf3', giveUp: server.assertRunning });
}

/** Sends as the arguments of iperf3 say, from gateway to gateway. */
export async function transfer(
  from: TunnelHost,
  to: TunnelHost,
  args: readonly string[],
  port = 5201,
): Promise<Transfer> {
  const ends = ['--client', to.own.gateway, '--bind', from.own.gateway, '--port', `${port}`];
  const send = () => from.run(IPERF, ['--json', '--connect-timeout', '3000', ...ends, ...args], { timeoutMs: 60_000 });
  // The server closes its port for a moment after each transfer.
  const text = await poll(send, { what: 'a transfer by iperf3', timeoutMs: 5_000 });
  const { end } = JSON.parse(text) as { end: Record<string, Record<string, number>> };
  const { bytes = 0 } = end.sum_received ?? end.sum ?? {};
  return { bytes, packets: end.sum?.packets ?? 0, lostPackets: end.sum?.lost_packets ?? 0 };
}

/** Serves `answers` on the gateway of a host. */
export async function serveEcho(host: TunnelHost): Promise<void> {
  const server = host.start(process.execPath, [ECHO, host.name, host.own.gateway, 'tcp:80']);
  await poll(() => server.stdout().includes('ready'), { what: 'the echo', giveUp: server.assertRunning });
}

/** Whether a TCP connection works from gateway to gateway. */
export async function answers(from: TunnelHost, to: TunnelHost): Promise<boolean> {
  const read = `exec 3<>/dev/tcp/${to.own.gateway}/80; cat <&3`;
  const text = await from.run('timeout', ['1', 'bash', '-c', read]).catch(() => '');
  return text.trim() === `${to.name} sees ${from.own.gateway}`;
}

/** Resolves when connections work both ways; returns the milliseconds until then. */
export async function untilConnected(a: TunnelHost, b: TunnelHost, timeoutMs = 20_000): Promise<number> {
  const start = performance.now();
  const what = `connections between ${a.name} and ${b.name}`;
  await poll(async () => (await answers(a, b)) && (await answers(b, a)), { what, timeoutMs });
  return performance.now() - start;
}
