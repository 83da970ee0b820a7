import { cpuSeconds } from '../support/process-cost.ts';
import { runWrk } from '../support/wrk.ts';
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

/** Measures the highest request rate over persistent connections. */
export async function measureRequests(peer: Peer, kind: Kind, seconds: number): Promise<RequestRate> {
  const { path, accept, connections } = kind;
  const order = { url: `http://127.0.0.1:${peer.port}${path}`, connections, headers: { Accept: accept } };
  await runWrk({ ...order, seconds: 0.5 });
  const before = cpuSeconds(peer.pid);
  const { requests, perSecond, p99Ms, errors } = await runWrk({ ...order, seconds });
  return { perSecond, p99Ms, errors, cpuMicros: ((cpuSeconds(peer.pid) - before) * 1e6) / requests };
}
