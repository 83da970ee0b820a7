import type { Clock, Log } from '../../system/index.ts';
import type { Upstream } from './address.ts';
import { createAlarms } from './alarms.ts';
import { createBook, type UpstreamReport } from './book.ts';
import { type CacheStats, createCache } from './cache.ts';
import { createChoice, type ForwardRule } from './choice.ts';
import { createConverse } from './conversation.ts';
import { createFlights } from './flights.ts';
import { createForwarding, type Forwarding } from './forwarder.ts';
import type { KeptReply } from './kept-reply.ts';
import { createLoops } from './loops.ts';
import { runRace } from './race.ts';
import { createRandom } from './random.ts';
import { createSlots } from './slots.ts';
import { createTcpExchanges } from './tcp-exchange.ts';
import { createUdpPorts } from './udp-ports.ts';

export interface Forwarder extends Forwarding {
  report(): ForwarderReport;
  /** Idempotent: what is under way ends with null, every socket is closed. */
  close(): void;
}

export interface ForwarderReport {
  /** Those asked most. */
  readonly resolvers: readonly UpstreamReport[];
  /** Those left out because they lead back to us, `address:port`. */
  readonly loops: readonly string[];
  readonly cache: CacheStats;
  /** Questions that wait for an upstream now. */
  readonly underWay: number;
  /** Questions that found no place, or lost it to an asker with fewer. */
  readonly refused: number;
}

export interface ForwarderDependencies {
  /** Default resolvers, `address` or `address:port` (`[v6]:port`), in order; a new array when they change. */
  readonly upstreams: () => readonly string[];
  /** Where this server listens. */
  readonly ourselves: () => readonly Upstream[];
  readonly clock: Clock;
  readonly log: Log;
}

export interface ForwarderOptions {
  /** Resolvers of names below a suffix, instead of all others. */
  readonly rules?: readonly ForwardRule[];
  /** Address questions go out from, to upstreams of its family; null: the system's choice. */
  readonly source?: string | null;
  /** How long the upstreams are waited for, default 3,500: until the client would give up anyway. */
  readonly timeoutMs?: number;
  readonly cache?: Partial<ForwarderCacheOptions>;
  /** See `ChoiceDependencies`. */
  readonly sharedLoopback?: boolean;
  /** Questions under way, in all and of one asker. */
  readonly limits?: { readonly total: number; readonly anAsker: number };
}

export interface ForwarderCacheOptions {
  /** Default 16 MiB. */
  readonly maxBytes: number;
  /** Default one day. */
  readonly maxTtlSeconds: number;
  /** How long after its time an answer may be given when no upstream answers; default one day, 0: not at all. */
  readonly maxStaleSeconds: number;
}

const DAY_SECONDS = 86_400;
const CACHE: ForwarderCacheOptions = {
  maxBytes: 16 * 1024 * 1024,
  maxTtlSeconds: DAY_SECONDS,
  maxStaleSeconds: DAY_SECONDS,
};
const MAX_REPORTED = 50;
const LIMITS = { total: 4_096, anAsker: 1_024 };

/** Everything that asks upstreams, over real sockets. */
export function createForwarder(
  { upstreams, ourselves, clock, log }: ForwarderDependencies,
  {
    rules = [],
    source = null,
    timeoutMs = 3_500,
    limits = LIMITS,
    sharedLoopback = false,
    ...options
  }: ForwarderOptions,
): Forwarder {
  const closing = new AbortController();
  const { signal } = closing;
  const cacheOptions = { ...CACHE, ...options.cache };
  const alarms = createAlarms({ clock }, signal);
  const random = createRandom();
  const book = createBook({ clock });
  const onUnexpected = (upstream: Upstream): void => {
    book.page(upstream).counts.unexpected += 1;
  };
  const ports = createUdpPorts({ alarms, random, onUnexpected }, { source });
  const tcp = createTcpExchanges({ source });
  const converse = createConverse({ ports, tcp, alarms, random, clock });
  const loops = createLoops({ converse, book, clock, log }, signal);
  const cache = createCache({ clock }, cacheOptions);
  const slots = createSlots(limits);
  const flights = createFlights<KeptReply>({ slots });
  const { forward } = createForwarding(
    {
      choose: createChoice({ defaults: upstreams, rules, ourselves, loops, sharedLoopback }),
      isProbe: loops.saw,
      race: (question, chosen) => runRace({ converse, alarms, clock }, { timeoutMs }, question, chosen.map(book.page)),
      cache,
      flights,
      alarms,
      log,
    },
    cacheOptions,
  );
  return {
    forward,
    report: () => ({
      resolvers: book
        .pages()
        .map((page) => page.report())
        .sort((one, other) => other.queries - one.queries)
        .slice(0, MAX_REPORTED),
      loops: loops.found(),
      cache: cache.stats(),
      underWay: slots.taken(),
      refused: slots.refused(),
    }),
    close: () => {
      closing.abort(new Error('the DNS server is closing'));
      flights.close();
      ports.close();
      tcp.close();
    },
  };
}
