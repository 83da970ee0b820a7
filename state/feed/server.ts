import { once } from 'node:events';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  type FeedConnection,
  type FeedPeer,
  type FeedServerDependencies,
  type FeedServerOptions,
  serveConnection,
} from './connection.ts';

export type { FeedPeer, FeedServerDependencies, FeedServerOptions } from './connection.ts';

export interface FeedServer {
  /** The processes that are connected now. */
  peers(): readonly FeedPeer[];
  /** Idempotent; resolves when the socket and all connections are gone. */
  close(): Promise<void>;
}

/** Serves the store to the processes beside the agent: its whole state once, then changes. Rejects if another agent serves at the path. */
export async function serveFeed(
  { store, clock, log }: FeedServerDependencies,
  options: FeedServerOptions,
): Promise<FeedServer> {
  const connections = new Set<FeedConnection>();
  const accept = (socket: Socket): void => {
    const connection = serveConnection({ store, clock, log, socket }, options);
    connections.add(connection);
    void connection.ended.then(() => connections.delete(connection));
  };
  const server = createServer(accept);
  await listen(server, options.path);
  server.on('error', (error) => log.error({ err: error, path: options.path }, 'the feed socket failed'));
  const unsubscribe = store.subscribe(() => {
    for (const connection of connections) connection.wake();
  });
  const close = async (): Promise<void> => {
    unsubscribe();
    const closed = once(server, 'close');
    server.close();
    for (const connection of connections) connection.close();
    await Promise.all([closed, ...[...connections].map(({ ended }) => ended)]);
  };
  let closing: Promise<void> | null = null;
  return {
    peers: () => [...connections].flatMap((connection) => connection.peer() ?? []),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await removeAbandoned(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new Error(`cannot serve the feed at ${path}; choose another run directory or fix its permissions`, {
      cause,
    });
  }
  server.off('error', reject);
}

/** Removes the socket file of a killed agent; never one on which a server answers, never another kind of file. */
async function removeAbandoned(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (!found) return;
  if (!found.isSocket()) throw new Error(`${path} is not a socket; move it away or choose another run directory`);
  if (await isServed(path)) throw new Error(`another agent serves the feed at ${path}; stop it first`);
  await rm(path, { force: true });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Any other error may come from a busy listener.
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}
