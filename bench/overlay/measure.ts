import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../system/index.ts';
import { type Daemon, startDaemon } from '../../test/support/daemon.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import type { Container } from './pair.ts';
import type { Latency } from './ping-pong.ts';

/** Left to the kernel, both ends share one core in some rounds, with half the throughput and half the round trip. */
const [CLIENT_CORE, SERVER_CORE] = ['0', '1'];
const IPERF = resolve('.tools/overlay/bin/iperf3');
const PING_PONG = fileURLToPath(new URL('ping-pong.ts', import.meta.url));

/** Starts the servers of both measurements, and waits until the other container reaches them. */
export async function startServers(resources: Resources, { from, to }: Way): Promise<void> {
  for (const [command, ready] of [
    [[IPERF, '--server', '--forceflush'], 'listening'],
    [[process.execPath, PING_PONG, 'serve'], 'ready'],
  ] as const) {
    const daemon: Daemon = startDaemon('nsenter', inside(to, SERVER_CORE, command));
    resources.add(command.join(' '), () => daemon.stop());
    await poll(() => daemon.stdout().includes(ready), { what: command.join(' '), giveUp: daemon.assertRunning });
  }
  await poll(() => measureLatency({ from, to }, 0), { what: `a path to ${to.address}`, timeoutMs: 30_000 });
}

export interface Way {
  readonly from: Container;
  readonly to: Container;
}

/** Bits per second through that many TCP streams. */
export async function measureThroughput({ from, to }: Way, streams: number, seconds: number): Promise<number> {
  const order = `--client ${to.address} --time ${seconds} --parallel ${streams} --json`;
  const out = await run(from, [IPERF, ...order.split(' ')], seconds);
  const { end } = JSON.parse(out) as { readonly end: { readonly sum_received: { readonly bits_per_second: number } } };
  return end.sum_received.bits_per_second;
}

export async function measureLatency({ from, to }: Way, seconds: number): Promise<Latency> {
  return JSON.parse(await run(from, [process.execPath, PING_PONG, 'ask', to.address, String(seconds)], seconds));
}

function run(from: Container, command: readonly string[], seconds: number): Promise<string> {
  return runCommand('nsenter', inside(from, CLIENT_CORE, command), { timeoutMs: (seconds + 10) * 1_000 });
}

function inside({ pid }: Container, core: string, command: readonly string[]): readonly string[] {
  return ['-t', String(pid), '-n', 'taskset', '-c', core, ...command];
}
