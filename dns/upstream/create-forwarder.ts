import type { Upstream } from '../../model/index.ts';
import { type Clock, createTimerWheel, type Log } from '../../system/index.ts';
import { type CacheStats, createCache } from './cache/cache.ts';
import { createChoice, type ForwardRule } from './choice/choice.ts';
import { createLoops } from './choice/loops.ts';
import { createConverse } from './exchange/conversation.ts';
import type { Egress } from './exchange/egress.ts';
import { createRandom } from './exchange/random.ts';
import { createStatistics, type UpstreamReport } from './exchange/statistics.ts';
import { createTcpExchanges } from './exchange/tcp-exchange.ts';
import { createUdpPorts } from './exchange/udp-ports.ts';
import { createForwarding, type Forwarding } from './forwarder.ts';
import { createInFlight } from './in-flight.ts';
import type { IsOurs } from './message/alias-end.ts';
import type { KeptReply } from './message/kept-reply.ts';
import { runRace } from './race.ts';
import { createSlots } from './slots.ts';

export interface Forwarder extends Forwarding {
  report(): ForwarderReport;
  /** Idempotent. Queries in flight end with null, all sockets are closed. */
  close(): void;
}

export interface ForwarderReport {
  /** The most used upstreams. */
  readonly resolvers: readonly UpstreamReport[];
  /** Upstreams left out because they forward back to this server, `address:port`. */
  readonly loops: readonly string[];
  readonly cache: CacheStats;
  /** Queries in flight. */
  readonly underWay: number;
  /** Queries refused because of the limits on queries in flight. */
  readonly refused: number;
}

export interface ForwarderDependencies {
  /** Default resolvers, `address` or `address:port` (`[v6]:port`), in order; a new array when they change. */
  readonly upstreams: () => readonly string[];
  /** Where this server listens. */
  readonly ourselves: () => readonly Upstream[];
  readonly isOurs: IsOurs;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ForwarderOptions extends Partial<Egress> {
  /** Resolvers for names below a suffix; no other resolver is asked for them. */
  readonly rules?: readonly ForwardRule[];
  /** Total time to wait for upstreams, default 3,500: after that clients give up. */
  readonly timeoutMs?: number;
  readonly cache?: Partial<ForwarderCacheOptions>;
  /** See `ChoiceDependencies`. */
  readonly sharedLoopback?: boolean;
  readonly forwardsReserved?: boolean;
  /** Limits on queries in flight: in total and for one asker. */
  readonly limits?: { readonly total: number; readonly anAsker: number };
}

export interface ForwarderCacheOptions {
  /** Default 16 MiB. */
  readonly maxBytes: number;
  /** Default one day. */
  readonly maxTtlSeconds: number;
  /** How long an expired answer may be used when no upstream answers; default one day, 0: never. */
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

/** The complete forwarder, over real sockets. */
export function createForwarder(
  { upstreams, ourselves, isOurs, clock, log }: ForwarderDependencies,
  {
    rules = [],
    source = null,
    namespace = null,
    timeoutMs = 3_500,
    limits = LIMITS,
    sharedLoopback = false,
    forwardsReserved = false,
    ...options
  }: ForwarderOptions,
): Forwarder {
  const closing = new AbortController();
  const { signal } = closing;
  const cacheOptions = { ...CACHE, ...options.cache };
  const timers = createTimerWheel(clock);
  const random = createRandom();
  const statistics = createStatistics({ clock });
  const onUnexpected = (upstream: Upstream): void => {
    statistics.of(upstream).counts.unexpected += 1;
  };
  const ports = createUdpPorts({ timers, random, onUnexpected }, { source, namespace });
  const tcp = createTcpExchanges({ source, namespace });
  const converse = createConverse({ ports, tcp, timers, random, clock });
  const loops = createLoops({ converse, statistics, clock, log }, signal);
  const cache = createCache({ clock }, cacheOptions);
  const slots = createSlots(limits);
  const inFlight = createInFlight<KeptReply>({ slots });
  const { forward } = createForwarding(
    {
      choose: createChoice({ defaults: upstreams, rules, ourselves, loops, sharedLoopback, forwardsReserved }),
      isProbe: loops.saw,
      race: (question, chosen) =>
        runRace({ converse, timers, clock }, { timeoutMs }, question, chosen.map(statistics.of)),
      cache,
      inFlight,
      timers,
      log,
    },
    { maxTtlSeconds: cacheOptions.maxTtlSeconds, isOurs },
  );
  return {
    forward,
    report: () => ({
      resolvers: statistics
        .all()
        .map((stats) => stats.report())
        .sort((one, other) => other.queries - one.queries)
        .slice(0, MAX_REPORTED),
      loops: loops.found(),
      cache: cache.stats(),
      underWay: slots.taken(),
      refused: slots.refused(),
    }),
    close: () => {
      closing.abort(new Error('the DNS server is closing'));
      inFlight.close();
      timers.close();
      ports.close();
      tcp.close();
    },
  };
}
