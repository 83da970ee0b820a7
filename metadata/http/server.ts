import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Log } from '../../system/index.ts';
import type { TreeSource } from '../tree/tree-source.ts';
import { createCallers } from './client-address.ts';
import { createConnectionGuard } from './connection-limits.ts';
import { addFastHttp } from './fast-http.ts';
import { bindAll, type ListenAddress } from './listen.ts';
import { createLongPolls } from './long-poll.ts';
import { createHttpServer } from './node-http.ts';
import { createSnapshots } from './pinned-trees.ts';
import { plainReply, type Reply } from './reply.ts';
import { createReplyCache } from './reply-cache.ts';
import type { Asked } from './request.ts';
import { createResponder } from './respond.ts';

export interface ServerOptions {
  readonly listen: readonly ListenAddress[];
  /** Sends the Content-Type the original sent: sniffed from the body, so that JSON is `text/plain`. Default false. */
  readonly compatContentType?: boolean;
  /** Addresses and CIDRs whose `X-Forwarded-For` is believed. Default none. */
  readonly trustedProxies?: readonly string[];
  /** Believes `X-Forwarded-For` of anybody, all of it as one address, as the original's `--xff` did. Default false. */
  readonly anyForwardedFor?: boolean;
  /** Connections at once on each address; further ones are closed at once. Default 16,384. */
  readonly maxConnections?: number;
  /** Connections at once from one client that is no trusted proxy. Default 256. */
  readonly maxConnectionsPerClient?: number;
}

/** Counters since the start, except the last three, which are of now. */
export interface MetadataStats {
  readonly requests: number;
  readonly notFound: number;
  readonly badRequests: number;
  /** Requests held because their sender was not known yet. */
  readonly held: number;
  /** Requests that met a bug of ours. */
  readonly failed: number;
  readonly connections: number;
  /** Long polls that wait. */
  readonly waiting: number;
  /** States kept for `?snapshot=`. */
  readonly snapshots: number;
}

export interface MetadataServer {
  /** The first bound address, with its real port. */
  readonly address: ListenAddress;
  readonly addresses: readonly ListenAddress[];
  stats(): MetadataStats;
  /** Lets every long poll look again; call it when the source has changed. */
  wake(): void;
  /** Answers the long polls that wait with the present value, then ends all connections. Idempotent. */
  close(): Promise<void>;
}

interface Parts {
  readonly source: TreeSource;
  readonly clock: Clock;
  readonly log: Log;
}

/** Serves trees over HTTP, wherever they come from. Rejects when an address cannot be bound. */
export async function serveTrees({ source, clock, log }: Parts, options: ServerOptions): Promise<MetadataServer> {
  const callers = createCallers(options.trustedProxies ?? [], { any: options.anyForwardedFor ?? false });
  const longPolls = createLongPolls({ clock });
  const counts = { requests: 0, notFound: 0, badRequests: 0, held: 0, failed: 0 };
  const replyOptions = { compatContentType: options.compatContentType ?? false, cache: new WeakMap<object, string>() };
  const snapshots = createSnapshots({ freeze: source.freeze, clock });
  const answer = createResponder({ source, callers, longPolls, snapshots, onHeld: () => counts.held++ }, replyOptions);
  const respond = async (asked: Asked): Promise<Reply> => {
    counts.requests++;
    try {
      const reply = await answer(asked);
      if (reply.status === 404) counts.notFound++;
      if (reply.status === 400) counts.badRequests++;
      return reply;
    } catch (error) {
      counts.failed++;
      log.error({ err: error, target: asked.target }, 'metadata request failed');
      return plainReply(500, '500 Internal Server Error');
    }
  };
  const cache = createReplyCache();
  const guard = createConnectionGuard(callers, options);
  const servers = await bindAll(options.listen, () =>
    guard.watch(addFastHttp(createHttpServer(respond), { clock, cache, respond, onCached: () => counts.requests++ })),
  );
  const addresses = servers.map((server) => server.address() as AddressInfo);
  let closing: Promise<unknown> | null = null;
  return {
    addresses,
    address: addresses[0] ?? { address: '', port: 0 },
    wake: () => {
      cache.clear();
      // Each holds the state it was taken of.
      snapshots.sweep();
      longPolls.wake();
    },
    stats: () => ({
      ...counts,
      connections: guard.connections(),
      waiting: longPolls.size(),
      snapshots: snapshots.size(),
    }),
    close: async () => {
      longPolls.close();
      closing ??= Promise.all(servers.map(endServer));
      await closing;
    },
  };
}

/** What the waiting requests get in their last moments has this long to leave. */
const LAST_WORDS_MS = 1_000;

async function endServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS);
  await closed;
  clearTimeout(timer);
}
