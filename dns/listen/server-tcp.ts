import { createServer, type Socket } from 'node:net';
import { plainAddress } from '../../model/index.ts';
import { createFrameReader, frame } from '../wire/framing.ts';
import type { Answer, Listen, Server } from './server-udp.ts';

const IDLE_MS = 10_000;
const MAX_CONNECTIONS = 1_000;
/** Queries of one connection under way before it is read on [RFC 7766 §6.2.1.1]. */
const MAX_PIPELINED = 100;

export async function serveTcp(answer: Answer, { address, port }: Listen): Promise<Server> {
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(answer, socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host: address, port, exclusive: true }, resolve);
  await listening;
  server.on('error', () => undefined);
  const { promise: gone, resolve: end } = Promise.withResolvers<void>();
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : port,
    close: () => {
      if (server.listening) server.close(() => end());
      for (const connection of connections) connection.destroy();
      return gone;
    },
  };
}

/** Replies go out as they are ready; the client tells them apart by id [RFC 7766 §6.2.1.1]. */
function serveConnection(answer: Answer, socket: Socket): void {
  const client = { address: plainAddress(socket.remoteAddress ?? ''), transport: 'tcp' } as const;
  let underWay = 0;
  let ended = false;
  const settle = (reply: Buffer | null): void => {
    underWay -= 1;
    if (reply && socket.writable) socket.write(frame(reply));
    if (ended && underWay === 0) socket.end();
    else if (underWay < MAX_PIPELINED) socket.resume();
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
    if (underWay === 0) socket.end();
  });
  socket.setTimeout(IDLE_MS, () => socket.destroy());
}
