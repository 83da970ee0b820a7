import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

export interface UdpSocketOptions {
  /** What it is for, in log lines: `liveness`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly signal: AbortSignal;
  /** Called for each datagram. `answer` sends to its source. */
  readonly onDatagram: (bytes: Buffer, answer: (bytes: Buffer) => void, from: RemoteInfo) => void;
}

/** A UDP socket that is bound again after a failure. */
export interface UdpSocket {
  port(): number | null;
  /** Why it does not listen; null if it does. */
  problem(): string | null;
  /** Whether it can send to an address of this family. */
  reaches(address: string): boolean;
  send(bytes: Buffer, port: number, address: string): void;
  /** Resolves when it is closed after `signal` aborts. */
  readonly done: Promise<void>;
}

const RETRY_MS = 1_000;

export function openUdpSocket(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { name, address, port, signal, onDatagram }: UdpSocketOptions,
): UdpSocket {
  const type = isIPv6(address) ? 'udp6' : 'udp4';
  let socket: Socket | null = null;
  let problem: string | null = `the ${name} socket is not bound yet`;
  const fail = (error: unknown): void => {
    const next = `cannot listen on UDP ${address} port ${port}: ${error instanceof Error ? error.message : String(error)}`;
    if (problem !== next) log.warn({ socket: name, problem: next }, 'UDP socket cannot listen; retrying');
    problem = next;
  };
  /** Serves one socket until it fails or `signal` aborts. */
  const serveOnce = async (): Promise<void> => {
    const made = createSocket({ type });
    // A datagram that cannot be sent (unreachable, no buffer) counts as silence.
    const send = (bytes: Buffer, toPort: number, to: string): void => made.send(bytes, toPort, to, () => {});
    made.on('message', (bytes, from) => onDatagram(bytes, (answer) => send(answer, from.port, from.address), from));
    try {
      made.bind(port, address);
      await once(made, 'listening', { signal });
      socket = made;
      problem = null;
      await once(made, 'error', { signal }).then(([error]) => fail(error));
    } catch (error) {
      if (!signal.aborted) fail(error);
    } finally {
      socket = null;
      made.removeAllListeners('message');
      made.on('error', () => {});
      made.close();
    }
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await serveOnce();
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  };
  return {
    port: () => socket?.address().port ?? null,
    problem: () => problem,
    reaches: (to) => (type === 'udp4' ? !isIPv6(to) : true),
    send: (bytes, toPort, to) => {
      // A dual-stack socket needs IPv4 addresses as IPv4-mapped ones.
      const mapped = type === 'udp6' && !isIPv6(to) ? `::ffff:${to}` : to;
      socket?.send(bytes, toPort, mapped, () => {});
    },
    done: run(),
  };
}
