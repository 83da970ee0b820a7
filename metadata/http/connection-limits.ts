import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Callers } from './client-address.ts';

export interface ConnectionLimits {
  readonly maxConnections?: number;
  readonly maxConnectionsPerClient?: number;
}

/** Bounds the connections, in all and by client, so that one container cannot take the server from the others. */
export interface ConnectionGuard {
  watch(server: Server): Server;
  connections(): number;
}

export function createConnectionGuard(callers: Callers, limits: ConnectionLimits): ConnectionGuard {
  const { maxConnections = 16_384, maxConnectionsPerClient = 256 } = limits;
  const byClient = new Map<string, number>();
  let connections = 0;

  const admit = (socket: Socket): void => {
    const client = socket.remoteAddress ?? '';
    const count = byClient.get(client) ?? 0;
    if (connections >= maxConnections || (count >= maxConnectionsPerClient && !callers.isProxy(client))) {
      socket.destroy();
      return;
    }
    connections++;
    byClient.set(client, count + 1);
    socket.once('close', () => {
      connections--;
      const rest = (byClient.get(client) ?? 1) - 1;
      if (rest > 0) byClient.set(client, rest);
      else byClient.delete(client);
    });
  };
  return { watch: (server) => server.prependListener('connection', admit), connections: () => connections };
}
