import type { TimerWheel } from '../../system/index.ts';
import { RCODE } from '../wire/codes.ts';
import { type AskDependencies, createAskUpstreams, type UpstreamQuery } from './ask-upstreams.ts';
import type { CacheHit } from './cache/cache.ts';
import type { Choose } from './choice/choice.ts';
import { bareReply, localReply } from './choice/local-reply.ts';
import { type KeepLimits, replayReply } from './message/kept-reply.ts';
import { questionOf } from './message/question.ts';

/** The asker of a forwarded query: selects the upstreams, and has a limited share of the queries in flight. */
export interface ForwardAsker {
  readonly key: string;
  /** Its own resolvers, asked before the default resolvers. */
  readonly dns: readonly string[];
}

/** A reply and its origin: an upstream, the cache, the cache although expired, or this server alone. */
export interface Forwarded {
  /**
   * Complete (TC only if TCP failed too), with id, question, RD and CD as in the query; RA set, AA clear. Without OPT
   * record: EDNS is hop by hop [RFC 6891 §6.1.1], so the client's OPT record is added when the reply is fitted to the client.
   */
  readonly reply: Buffer;
  readonly from: 'forwarded' | 'cached' | 'stale' | 'local';
}

export interface Forwarding {
  /**
   * Answers a query for a name that is not ours; `questionEnd` is the offset after its question. Gives the first good reply,
   * else a failure reply (SERVFAIL, REFUSED), else null. Not a promise if no upstream has to be asked. Never rejects.
   */
  forward(message: Buffer, questionEnd: number, asker: ForwardAsker): Forwarded | null | Promise<Forwarded | null>;
}

export interface ForwardingDependencies extends AskDependencies {
  readonly choose: Choose;
  /** Whether the name is a probe of ours for forwarding loops. */
  readonly isProbe: (name: string) => boolean;
  readonly timers: TimerWheel;
}

export type ForwardingOptions = KeepLimits;

/** A stale answer is used when the upstreams take longer than this [RFC 8767 §5]. */
const STALE_AFTER_MS = 1_800;
const STALE_TTL_SECONDS = 30;
/** Popular entries are refreshed in the last tenth of their lifetime. */
const PREFETCH = { leastHits: 3, leastLifetimeSeconds: 20, part: 0.1 };

interface Asked extends UpstreamQuery {
  readonly id: number;
}

export function createForwarding(dependencies: ForwardingDependencies, options: ForwardingOptions): Forwarding {
  const { choose, isProbe, cache, inFlight, timers } = dependencies;
  const ask = createAskUpstreams(dependencies, options);

  const fresh = async (asked: Asked): Promise<Forwarded | null> => {
    const kept = await ask(asked);
    return kept && { reply: replay(asked, kept.message), from: 'forwarded' };
  };
  const stale = (asked: Asked, hit: CacheHit): Forwarded => {
    cache.servedStale();
    return { reply: replay(asked, hit.message, hit, STALE_TTL_SECONDS), from: 'stale' };
  };
  const freshOrStale = (asked: Asked, hit: CacheHit): Promise<Forwarded> => {
    const { promise, resolve } = Promise.withResolvers<Forwarded>();
    const cancel = timers.add(STALE_AFTER_MS, () => resolve(stale(asked, hit)));
    void ask(asked).then((kept) => {
      cancel();
      const isGood = kept !== null && kept.verdict !== 'bad';
      resolve(isGood ? { reply: replay(asked, kept.message), from: 'forwarded' } : stale(asked, hit));
    });
    return promise;
  };
  const cached = (asked: Asked, hit: CacheHit): Forwarded => {
    const { lifetimeSeconds, ageSeconds, turn } = hit;
    const isEnding = lifetimeSeconds - ageSeconds <= lifetimeSeconds * PREFETCH.part;
    const isPopular = turn >= PREFETCH.leastHits && lifetimeSeconds >= PREFETCH.leastLifetimeSeconds;
    if (isEnding && isPopular && asked.question.recursion && !inFlight.has(asked.key)) {
      void ask({ ...asked, asker: PREFETCHING });
    }
    return { reply: replay(asked, hit.message, hit), from: 'cached' };
  };

  return {
    forward: (message, questionEnd, { key: asker, dns }) => {
      const id = message.readUInt16BE(0);
      const question = questionOf(message, questionEnd);
      const local = (reply: Buffer): Forwarded => ({ reply: replay({ id, question }, reply), from: 'local' });
      if (isProbe(question.name)) return local(bareReply(question, RCODE.NXDOMAIN));
      const choice = choose(question.name, { dns });
      if (choice.kind === 'local') return local(localReply(question, choice.meaning));
      if (choice.upstreams.length === 0) return null;
      const asked = { id, question, asker, choice, key: `${choice.set} ${question.key}` };
      const found = cache.find(asked.key);
      if (found === null) return fresh(asked);
      if (found.kind === 'fresh') return cached(asked, found.hit);
      if (found.kind === 'stale') return found.recheck ? freshOrStale(asked, found.hit) : stale(asked, found.hit);
      if (found.message === null) return { reply: replay(asked, bareReply(question, RCODE.SERVFAIL)), from: 'cached' };
      return { reply: replay(asked, found.message), from: 'cached' };
    },
  };
}

/** The asker of prefetch queries: they have a share of the queries in flight like any other asker. */
const PREFETCHING = ' prefetch';

function replay(
  { id, question }: Pick<Asked, 'id' | 'question'>,
  message: Buffer | string,
  { ageSeconds, turn }: Pick<CacheHit, 'ageSeconds' | 'turn'> = { ageSeconds: 0, turn: 0 },
  staleTtlSeconds: number | null = null,
): Buffer {
  return replayReply(message, { id, question, ageSeconds, turn, staleTtlSeconds });
}
