import { once } from 'node:events';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { plainAddress } from '../../model/index.ts';
import type { Answer } from '../query/client.ts';
import { createFairQueue, type FairQueue } from './fair-queue.ts';
import type { Listen, Server } from './server.ts';
import { TcpConnection } from './tcp-connection.ts';
import { TCP_LIMITS, type TcpLimits } from './tcp-limits.ts';

export interface TcpOptions extends Listen {
  readonly limits?: Partial<TcpLimits>;
  /** Called for each connection that was refused, closed to make room for another, or too slow. */
  readonly onDrop?: () => void;
}

/** How long a connection may be idle while another process takes over: enough between two queries of a client. */
const LEAVING_IDLE_MS = 200;
/** After this time a busy connection ends, too, after a reply: its client opens another one [RFC 7766 §6.2.4]. */
const LEAVING_BUSY_MS = 1_000;
const LEAVING_CHECK_MS = 50;
const TURN_MS = 0.25;
/** Connections that wait to be accepted; Node's default is 511. */
const BACKLOG = 1_024;

export async function serveTcp(
  answer: Answer,
  { address, port, limits: given, onDrop = () => undefined }: TcpOptions,
): Promise<Server> {
  const limits = { ...TCP_LIMITS, ...given };
  const connections = new Map<Socket, TcpConnection>();
  const perSource = new Map<string, number>();
  const now = () => performance.now();
  const turns = createTurns(now);
  const checks = createChecks(() => {
    for (const connection of connections.values()) if (connection.check(now()) === 'slow') onDrop();
  });

  const accept = (socket: Socket): void => {
    const from = plainAddress(socket.remoteAddress ?? '');
    const own = perSource.get(from) ?? 0;
    if (own >= limits.maxPerSource || connections.size >= limits.maxConnections) {
      onDrop();
      const longest = longestIdle(connections, own >= limits.maxPerSource ? from : null);
      if (!longest) {
        socket.destroy();
        return;
      }
      longest.destroy();
    }
    perSource.set(from, own + 1);
    connections.set(
      socket,
      new TcpConnection({ answer, socket, now, inTurn: (step) => turns.push(from, step) }, from, limits),
    );
    checks.every(checkMs(limits));
    socket.once('close', () => {
      connections.delete(socket);
      const left = (perSource.get(from) ?? 1) - 1;
      if (left > 0) perSource.set(from, left);
      else perSource.delete(from);
      if (connections.size === 0) checks.stop();
    });
  };

  // With this high water mark `drain` is emitted for the same amount of data that pauses reading.
  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: limits.pauseBytes }, accept);
  const { gone } = await listen(server, { address, port });
  // Connections that wait to be accepted move to the other process if net.ipv4.tcp_migrate_req is 1.
  const stopListening = (): void => {
    if (server.listening) server.close();
  };
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : port,
    leave: async (signal) => {
      stopListening();
      for (const connection of connections.values()) connection.leave(LEAVING_IDLE_MS, LEAVING_BUSY_MS);
      if (connections.size > 0) checks.every(LEAVING_CHECK_MS);
      await Promise.race([gone, once(signal, 'abort')]);
    },
    close: () => {
      stopListening();
      for (const socket of connections.keys()) socket.destroy();
      checks.stop();
      return gone;
    },
  };
}

/** Gives turns to one client address after the other, however many connections it has, and reads sockets in between. */
function createTurns(now: () => number): FairQueue<() => void> {
  const serve = (step: () => void): null => {
    step();
    return null;
  };
  const never = () => undefined;
  return createFairQueue(
    { serve, weigh: () => 1, onDrop: never, now, later: setImmediate },
    { total: Number.POSITIVE_INFINITY, inFlightPerSource: 1, turnMs: TURN_MS },
  );
}

/** Resolves when the server listens, with a promise of its end. */
async function listen(server: NetServer, { address, port }: Listen): Promise<{ readonly gone: Promise<void> }> {
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  const { promise: gone, resolve: end } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.once('close', end);
  server.listen({ host: address, port, exclusive: true, reusePort: true, backlog: BACKLOG }, resolve);
  await listening;
  server.on('error', () => undefined);
  return { gone };
}

/** The connection that has been idle for the longest time, of one client address or of all; null: none is idle. */
function longestIdle(connections: ReadonlyMap<Socket, TcpConnection>, source: string | null): Socket | null {
  let longest: Socket | null = null;
  let since = Number.POSITIVE_INFINITY;
  for (const [socket, connection] of connections) {
    const idleSince = connection.idleSinceMs();
    if (idleSince === null || idleSince >= since || socket.destroyed) continue;
    if (source !== null && connection.address !== source) continue;
    longest = socket;
    since = idleSince;
  }
  return longest;
}

/** Often enough that no limit is exceeded by more than a quarter. */
function checkMs({ idleMs, messageMs, takeMs }: TcpLimits): number {
  return Math.min(idleMs, messageMs, takeMs) / 4;
}

/** A single timer for all connections. */
function createChecks(check: () => void): { every(ms: number): void; stop(): void } {
  let timer: NodeJS.Timeout | null = null;
  let everyMs = Number.POSITIVE_INFINITY;
  const stop = (): void => {
    if (timer) clearInterval(timer);
    timer = null;
    everyMs = Number.POSITIVE_INFINITY;
  };
  return {
    every: (ms) => {
      if (ms >= everyMs) return;
      stop();
      everyMs = ms;
      timer = setInterval(check, ms);
    },
    stop,
  };
}
