import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientAddresses } from './client-address.ts';
import type { PlainConnection } from './plain-connection.ts';

export interface ConnectionLimits {
  /** Connections at once over all addresses; further ones are closed at once. Default 16,384. */
  readonly maxConnections?: number;
  /** Connections at once from one client that is not a trusted proxy. Default 256. */
  readonly maxConnectionsPerClient?: number;
}

/** All connections of the server: their number is limited, so that one container cannot use up the server. */
export interface Connections {
  /** Serves the connections of an HTTP server, which must not listen yet. */
  attach(server: Server): Server;
  count(): number;
  /** Stops listening, then ends all connections. Resolves when the last one has ended. */
  close(): Promise<void>;
}

export interface ConnectionParts {
  readonly clients: Pick<ClientAddresses, 'isProxy'>;
  /** Serves a connection until `handOver` moves it to the HTTP library. */
  readonly servePlain: (socket: Socket, handOver: (unread: Buffer) => void) => PlainConnection;
}

/** Replies in progress have this long to be sent when the server closes. */
const CLOSE_TIMEOUT_MS = 1_000;

export function createConnections({ clients, servePlain }: ConnectionParts, limits: ConnectionLimits): Connections {
  const counts = createCounts(clients, limits);
  const servers: Server[] = [];
  const plain = new Map<Socket, PlainConnection>();

  const accept = (socket: Socket, library: (socket: Socket) => void): void => {
    if (!counts.admit(socket)) return;
    plain.set(
      socket,
      servePlain(socket, (unread) => {
        plain.delete(socket);
        library(socket);
        socket.unshift(unread);
      }),
    );
    socket.once('close', () => plain.delete(socket));
  };
  return {
    attach: (server) => {
      const [library] = server.listeners('connection') as [(socket: Socket) => void];
      server.removeListener('connection', library);
      server.on('connection', (socket: Socket) => accept(socket, (it) => library.call(server, it)));
      servers.push(server);
      return server;
    },
    count: counts.all,
    close: async () => {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const [socket, { isBusy }] of plain) if (!isBusy()) socket.destroy();
      for (const server of servers) server.closeIdleConnections();
      const timer = setTimeout(() => {
        for (const socket of plain.keys()) socket.destroy();
        for (const server of servers) server.closeAllConnections();
      }, CLOSE_TIMEOUT_MS);
      await Promise.all(closed);
      clearTimeout(timer);
    },
  };
}

/** Counts connections, in all and by client, and refuses those beyond the limits. */
function createCounts(clients: Pick<ClientAddresses, 'isProxy'>, limits: ConnectionLimits) {
  const { maxConnections = 16_384, maxConnectionsPerClient = 256 } = limits;
  const byClient = new Map<string, number>();
  let all = 0;
  const admit = (socket: Socket): boolean => {
    const client = socket.remoteAddress ?? '';
    const count = byClient.get(client) ?? 0;
    if (all >= maxConnections || (count >= maxConnectionsPerClient && !clients.isProxy(client))) {
      socket.destroy();
      return false;
    }
    all += 1;
    byClient.set(client, count + 1);
    socket.once('close', () => {
      all -= 1;
      const rest = (byClient.get(client) ?? 1) - 1;
      if (rest > 0) byClient.set(client, rest);
      else byClient.delete(client);
    });
    return true;
  };
  return { admit, all: () => all };
}
