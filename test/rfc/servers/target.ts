import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Resources } from '../../support/resources.ts';
import type { At } from '../wire/udp.ts';

/** Optional features of a server. */
export type Feature = 'srv' | 'ipv6' | 'wildcard' | 'cookies' | 'second address';

/** A kind of server under test. */
export interface Target {
  readonly name: string;
  /** Heading in the results page. */
  readonly title: string;
  /** Feature -> why the server does not have it; tests that need the feature do not apply. */
  readonly lacks: Partial<Readonly<Record<Feature, string>>>;
  /** Starts a server that listens at `at` (UDP and TCP) and forwards to `upstreamPort` of 127.0.0.1; resolves when it listens. */
  start(resources: Resources, place: Place): Promise<void>;
}

export interface Place {
  /** The same port of two addresses. */
  readonly at: readonly At[];
  readonly upstreamPort: number;
}

export const ADDRESSES = ['127.0.0.1', '127.0.0.2'] as const;

/** Below the kernel's range of ephemeral ports, so that no connection takes the port before the server does. */
const PORTS = { first: 12_000, count: 18_000 };

/** Finds a port that is free for UDP and TCP on all addresses of the tests. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const free = await Promise.all(ADDRESSES.flatMap((address) => [udpFree(address, port), tcpFree(address, port)]));
    if (free.every(Boolean)) return port;
  }
}

function udpFree(address: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

function tcpFree(address: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
