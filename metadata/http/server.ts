import type { AddressInfo } from 'node:net';
import type { Clock, Log } from '../../system/index.ts';
import type { TreeSource } from '../tree/tree-source.ts';
import { createClientAddresses } from './client-address.ts';
import { type ConnectionLimits, createConnections } from './connections.ts';
import { bindAll, type ListenAddress } from './listen.ts';
import { createLongPolls } from './long-poll.ts';
import { createHttpServer } from './node-http.ts';
import { createPinnedTrees } from './pinned-trees.ts';
import { servePlainConnection } from './plain-connection.ts';
import { plainReply, type Reply } from './reply.ts';
import { createReplyDate } from './reply-bytes.ts';
import { createReplyCache } from './reply-cache.ts';
import type { ReceivedRequest } from './request.ts';
import { createResponder } from './respond.ts';

export interface ServerOptions extends ConnectionLimits {
  readonly listen: readonly ListenAddress[];
  /** Sends the Content-Type of the original, which is guessed from the body, so that JSON is `text/plain`. Default false. */
  readonly compatContentType?: boolean;
  /** Addresses and CIDRs whose `X-Forwarded-For` is trusted. Default none. */
  readonly trustedProxies?: readonly string[];
  /** Trusts `X-Forwarded-For` from every client, the whole header as one address, as the original's `--xff` did. Default false. */
  readonly anyForwardedFor?: boolean;
}

/** Counters since the start, except the last three, which are present values. */
export interface MetadataStats {
  readonly requests: number;
  readonly notFound: number;
  readonly badRequests: number;
  /** Requests that waited because their client was not known yet. */
  readonly held: number;
  /** Requests that failed because of a bug in Drover. */
  readonly failed: number;
  readonly connections: number;
  /** Long polls in progress. */
  readonly waiting: number;
  /** States pinned for `?snapshot=`. */
  readonly snapshots: number;
}

export interface MetadataServer {
  /** The first bound address, with its real port. */
  readonly address: ListenAddress;
  readonly addresses: readonly ListenAddress[];
  stats(): MetadataStats;
  /** Wakes all long polls and drops cached replies; call it when the source has changed. */
  wake(): void;
  /** Answers the long polls in progress with the present value, then ends all connections. Idempotent. */
  close(): Promise<void>;
}

interface Parts {
  readonly source: TreeSource;
  readonly clock: Clock;
  readonly log: Log;
}

/** Serves trees over HTTP, wherever they come from. Rejects when an address cannot be bound. */
export async function serveTrees(parts: Parts, options: ServerOptions): Promise<MetadataServer> {
  const { source, clock } = parts;
  const clients = createClientAddresses(options.trustedProxies ?? [], { trustAll: options.anyForwardedFor ?? false });
  const longPolls = createLongPolls({ clock });
  const pinned = createPinnedTrees({ freeze: source.freeze, clock });
  const counts = { requests: 0, notFound: 0, badRequests: 0, held: 0, failed: 0 };
  const answer = createResponder(
    { source, clients, longPolls, pinned, onHeld: () => counts.held++ },
    { compatContentType: options.compatContentType ?? false, cache: new WeakMap<object, string>() },
  );
  const respond = countReplies(answer, counts, parts.log);
  const cache = createReplyCache();
  let closing: Promise<void> | null = null;
  const plain = {
    cache,
    respond,
    onCached: () => counts.requests++,
    date: createReplyDate(clock),
    keepsAlive: () => closing === null,
  };
  const connections = createConnections(
    { clients, servePlain: (socket, handOver) => servePlainConnection(socket, plain, handOver) },
    options,
  );
  const servers = await bindAll(options.listen, () => connections.attach(createHttpServer(respond)));
  const addresses = servers.map((server) => server.address() as AddressInfo);
  return {
    addresses,
    address: addresses[0] ?? { address: '', port: 0 },
    wake: () => {
      cache.clear();
      // A pin holds the memory of its state.
      pinned.sweep();
      longPolls.wake();
    },
    stats: () => ({
      ...counts,
      connections: connections.count(),
      waiting: longPolls.size(),
      snapshots: pinned.size(),
    }),
    close: async () => {
      longPolls.close();
      closing ??= connections.close();
      await closing;
    },
  };
}

type Counts = Record<'requests' | 'notFound' | 'badRequests' | 'failed', number>;

/** A responder that counts, and answers 500 instead of rejecting. */
function countReplies(answer: (request: ReceivedRequest) => Promise<Reply>, counts: Counts, log: Log) {
  return async (request: ReceivedRequest): Promise<Reply> => {
    counts.requests++;
    try {
      const reply = await answer(request);
      if (reply.status === 404) counts.notFound++;
      if (reply.status === 400) counts.badRequests++;
      return reply;
    } catch (error) {
      counts.failed++;
      log.error({ err: error, target: request.target }, 'metadata request failed');
      return plainReply(500, '500 Internal Server Error');
    }
  };
}
