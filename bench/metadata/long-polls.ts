import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { cpuSeconds } from '../support/process-cost.ts';
import type { Peer } from './peers.ts';

export interface LongPollCost {
  /** From the reload request to the reply at each client, in milliseconds. */
  readonly answeredMs: readonly number[];
  /** CPU of the server per change, including all replies, in milliseconds. */
  readonly cpuMsPerChange: number;
}

const CLIENTS = 1_000;
/** Number of client addresses. */
const CONTAINERS = 50;
const INTERVAL_MS = 1_000;

/** Clients that wait for the next version, each on its own connection, with one change per second. */
export async function measureLongPolls(peer: Peer, changes: number): Promise<LongPollCost> {
  let version = await (await fetch(`http://127.0.0.1:${peer.port}/latest/version`)).text();
  const crowd = await openCrowd(peer.port, CLIENTS, (n) => `127.0.1.${1 + (n % CONTAINERS)}`);
  const answeredMs: number[] = [];
  crowd.ask(pathOfPoll(version));
  await sleep(INTERVAL_MS);
  const before = cpuSeconds(peer.pid);
  for (let n = 0; n < changes; n += 1) {
    const answered = crowd.answered(monotonicMs());
    await peer.change();
    const { times, body } = await answered;
    answeredMs.push(...times);
    version = body;
    crowd.ask(pathOfPoll(version));
    await sleep(INTERVAL_MS);
  }
  const used = cpuSeconds(peer.pid) - before;
  crowd.close();
  return { answeredMs, cpuMsPerChange: (used * 1_000) / changes };
}

/** The clock of `process.hrtime`, in milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Connections that each send one request per round. */
export interface Crowd {
  /** Sends the request on every connection. */
  ask(path: string): void;
  /** Resolves when all have a reply: the time of each after `start`, in milliseconds, and the last body. */
  answered(start: number): Promise<{ readonly times: readonly number[]; readonly body: string }>;
  close(): void;
}

export async function openCrowd(port: number, size: number, addressOf = (_n: number) => '127.0.0.1'): Promise<Crowd> {
  const sockets = await Promise.all(Array.from({ length: size }, (_, n) => open(port, addressOf(n))));
  let body = '';
  let arrived: number[] = [];
  let allArrived = (): void => undefined;
  for (const socket of sockets) {
    socket.on('data', (bytes) => {
      arrived.push(monotonicMs());
      body = bytes.toString('latin1').split('\r\n\r\n')[1] ?? '';
      if (arrived.length === size) allArrived();
    });
  }
  return {
    ask: (path) => {
      arrived = [];
      for (const socket of sockets) socket.write(requestOf(path));
    },
    answered: async (start) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      allArrived = resolve;
      if (arrived.length < size) await promise;
      return { times: arrived.map((at) => at - start), body };
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function open(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

export function pathOfPoll(value: string): string {
  return `/latest/version?wait=true&value=${value}&maxWait=60`;
}

function requestOf(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: metadata\r\n\r\n`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
