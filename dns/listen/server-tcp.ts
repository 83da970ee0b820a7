import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { plainAddress } from '../../model/index.ts';
import { createFrameReader, frame } from '../wire/framing.ts';
import type { Answer, Listen, Server } from './server.ts';

const IDLE_MS = 10_000;
/** The same while another process takes over: long enough for a client that asks one question after the other. */
const LEAVING_IDLE_MS = 200;
/** After this even a connection in constant use ends, behind an answer: its client opens another [RFC 7766 §6.2.4]. */
const LEAVING_BUSY_MS = 1_000;
const MAX_CONNECTIONS = 1_000;
/** Queries of one connection under way before it is read on [RFC 7766 §6.2.1.1]. */
const MAX_PIPELINED = 100;

export async function serveTcp(answer: Answer, { address, port }: Listen): Promise<Server> {
  const connections = new Map<Socket, Connection>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections.set(socket, serveConnection(answer, socket));
    socket.once('close', () => connections.delete(socket));
  });
  server.maxConnections = MAX_CONNECTIONS;
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host: address, port, exclusive: true, reusePort: true }, resolve);
  await listening;
  server.on('error', () => undefined);
  const { promise: gone, resolve: end } = Promise.withResolvers<void>();
  const bound = server.address();
  // Connections that wait to be accepted go over to the other process where net.ipv4.tcp_migrate_req is 1.
  const stopListening = (): void => {
    if (server.listening) server.close(() => end());
  };
  return {
    port: typeof bound === 'object' && bound ? bound.port : port,
    leave: async (signal) => {
      stopListening();
      for (const connection of connections.values()) connection.finish();
      await Promise.race([gone, once(signal, 'abort')]);
    },
    close: () => {
      stopListening();
      for (const socket of connections.keys()) socket.destroy();
      return gone;
    },
  };
}

interface Connection {
  /** Ends it as soon as nothing is under way and nothing more comes. */
  finish(): void;
}

/** Replies go out as they are ready; the client tells them apart by id [RFC 7766 §6.2.1.1]. */
function serveConnection(answer: Answer, socket: Socket): Connection {
  const client = { address: plainAddress(socket.remoteAddress ?? ''), transport: 'tcp' } as const;
  let underWay = 0;
  let ended = false;
  let leaving = false;
  const endIfDone = (): void => {
    if (underWay === 0) socket.end();
  };
  const settle = (reply: Buffer | null): void => {
    underWay -= 1;
    if (reply && socket.writable) socket.write(frame(reply));
    if (ended && underWay === 0) socket.end();
    else if (underWay < MAX_PIPELINED) socket.resume();
    // Not at once: more questions may have come in the same piece.
    if (leaving && underWay === 0) setImmediate(endIfDone);
  };
  const read = createFrameReader((message) => {
    underWay += 1;
    if (underWay >= MAX_PIPELINED) socket.pause();
    const reply = answer(message, client);
    if (reply instanceof Promise) void reply.then(settle);
    else settle(reply);
  });
  socket.on('data', read);
  socket.on('error', () => socket.destroy());
  socket.on('end', () => {
    ended = true;
    endIfDone();
  });
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  return {
    finish: () => {
      socket.removeAllListeners('timeout');
      socket.setTimeout(LEAVING_IDLE_MS, endIfDone);
      const timer = setTimeout(() => {
        leaving = true;
      }, LEAVING_BUSY_MS);
      socket.once('close', () => clearTimeout(timer));
    },
  };
}
