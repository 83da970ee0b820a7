import { createSocket } from 'node:dgram';
import { createServer, isIP } from 'node:net';
import type { Listen } from './server.ts';

/**
 * Returns the port, or a free one for 0. Rejects (EADDRINUSE) if a socket is bound to it, for UDP or TCP. The sockets of the
 * server share their port with other sockets, so they would not fail themselves.
 */
export async function freePort(listen: Listen): Promise<number> {
  const port = await freeForUdp(listen);
  await freeForTcp({ ...listen, port });
  return port;
}

async function freeForUdp({ address, port }: Listen): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  socket.once('error', reject);
  socket.bind({ address, port, exclusive: true }, resolve);
  try {
    await promise;
    return socket.address().port;
  } finally {
    await new Promise<void>((closed) => socket.close(closed));
  }
}

async function freeForTcp({ address, port }: Listen): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const server = createServer();
  server.once('error', reject);
  server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve()));
  await promise;
}
