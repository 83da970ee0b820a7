import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectFeed,
  createStateStore,
  type FeedClient,
  type FeedServer,
  type FeedServerOptions,
  openMirror,
  type StateStore,
  serveFeed,
} from '../../../state/index.ts';
import { systemClock } from '../../../system/index.ts';
import { createLogLines, type LogLines } from '../../support/log-lines.ts';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';
import { environment } from '../facts.ts';

/** An agent's part of the feed. */
export interface TestAgent extends LogLines {
  readonly store: StateStore;
  readonly server: FeedServer;
  stop(): Promise<void>;
}

export interface TestClient extends LogLines {
  readonly feed: FeedClient;
  /** Waits until it has a snapshot that `condition` likes. */
  until(condition: (revision: number) => boolean, what?: string): Promise<void>;
}

export interface FeedFixture {
  readonly resources: Resources;
  readonly socketPath: string;
  readonly mirrorPath: string;
  /** Starts an agent on the disk mirror, or without one. */
  startAgent(options?: Partial<FeedServerOptions> & { readonly mirror?: boolean }): Promise<TestAgent>;
  startClient(options?: { readonly mirror?: boolean; readonly role?: string }): TestClient;
  /** A client that we speak for ourselves. */
  rawClient(): Promise<Socket>;
}

export async function createFeedFixture(): Promise<FeedFixture> {
  const resources = createResources();
  const dir = await mkdtemp(join(tmpdir(), 'drover-feed-'));
  resources.add(dir, () => rm(dir, { recursive: true }));
  const [socketPath, mirrorPath] = [join(dir, 'run', 'feed.sock'), join(dir, 'mirror.db')];
  return {
    resources,
    socketPath,
    mirrorPath,
    startAgent: async ({ mirror: onDisk = false, ...options } = {}) => {
      const { log, lines } = createLogLines();
      const mirror = onDisk ? openMirror(mirrorPath) : null;
      const store = createStateStore({ mirror, log }, { environment, hostId: 'self' });
      const server = await serveFeed({ store, clock: systemClock, log }, { path: socketPath, ...options });
      const stop = async (): Promise<void> => {
        await server.close();
        await store.close();
        mirror?.close();
      };
      resources.add('agent', stop);
      return { store, server, log, lines, stop };
    },
    startClient: ({ mirror = false, role = 'metadata' } = {}) => {
      const { log, lines } = createLogLines();
      const { signal } = new AbortController();
      const options = { path: socketPath, mirrorPath: mirror ? mirrorPath : null, role, version: '1', signal };
      const feed = connectFeed({ clock: systemClock, log }, options);
      resources.add('client', () => feed.close());
      const until: TestClient['until'] = async (condition, what = 'a snapshot') => {
        await poll(() => condition(feed.current()?.snapshot.revision ?? -1), {
          what,
          timeoutMs: 20_000,
          intervalMs: 2,
        });
      };
      return { feed, log, lines, until };
    },
    rawClient: async () => {
      const socket = connect(socketPath);
      resources.add('raw client', () => socket.destroy());
      await once(socket, 'connect');
      socket.on('error', () => {});
      return socket;
    },
  };
}

/** What a client says first. */
export const hello = `${JSON.stringify({ type: 'hello', protocol: 1, role: 'dns', version: '1', pid: 1 })}\n`;

/** Reads all that comes and gives the parsed lines. */
export function readLines(socket: Socket): readonly { readonly type: string }[] {
  const lines: { readonly type: string }[] = [];
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: unknown) => {
    const parts = (rest + String(text)).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) lines.push(JSON.parse(line) as { readonly type: string });
  });
  return lines;
}
