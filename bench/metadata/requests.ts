import { execa } from 'execa';
import { cpuSeconds } from '../support/process-cost.ts';
import type { Peer } from './peers.ts';

/** A kind of request. */
export interface Kind {
  readonly title: string;
  readonly path: string;
  readonly accept: string;
  readonly connections: number;
}

export const KINDS: readonly Kind[] = [
  { title: 'a small value', path: '/latest/self/container/primary_ip', accept: '*/*', connections: 32 },
  { title: 'one container as JSON', path: '/latest/self/container', accept: 'application/json', connections: 32 },
  { title: 'all containers as JSON', path: '/latest/containers', accept: 'application/json', connections: 4 },
];

export interface RequestRate {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** CPU of the server per request. */
  readonly cpuMicros: number;
  readonly errors: number;
}

const WRK_CORE = '0';

/** Measures the highest request rate with wrk over persistent connections. */
export async function measureRequests(peer: Peer, kind: Kind, seconds: number): Promise<RequestRate> {
  await wrk(peer, kind, 0.5);
  const before = cpuSeconds(peer.pid);
  const { requests, perSecond, p99Ms, errors } = await wrk(peer, kind, seconds);
  return { perSecond, p99Ms, errors, cpuMicros: ((cpuSeconds(peer.pid) - before) * 1e6) / requests };
}

async function wrk({ port }: Peer, { path, accept, connections }: Kind, seconds: number) {
  const load = ['-t', '1', '-c', String(connections), '-d', `${Math.max(1, Math.round(seconds))}s`, '--latency'];
  const request = ['-H', `Accept: ${accept}`, `http://127.0.0.1:${port}${path}`];
  const { stdout } = await execa('taskset', ['-c', WRK_CORE, '.tools/peers/start', 'wrk', ...load, ...request]);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const [, value = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  return {
    requests: number(/(\d+) requests in/),
    perSecond: number(/Requests\/sec:\s+([\d.]+)/),
    p99Ms: Number(value) * ({ us: 0.001, ms: 1, s: 1_000 }[unit] ?? 1),
    errors: number(/Non-2xx or 3xx responses: (\d+)/) + number(/Socket errors:.*read (\d+)/),
  };
}
