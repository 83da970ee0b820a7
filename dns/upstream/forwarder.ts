import type { Log } from '../../system/index.ts';
import { RCODE } from '../wire/codes.ts';
import { formatUpstream, type Upstream } from './address.ts';
import type { Alarms } from './alarms.ts';
import type { Cache, CacheHit } from './cache.ts';
import type { Choice, Choose } from './choice.ts';
import type { Flight, Flights } from './flights.ts';
import { type KeptReply, keepReply, replayReply } from './kept-reply.ts';
import { bareReply, localReply } from './local-reply.ts';
import { type Question, questionOf } from './question.ts';
import type { Race } from './race.ts';

/** Who wants to know: whose upstreams are asked, and whose share of the queries under way it is. */
export interface ForwardAsker {
  readonly key: string;
  /** Its own resolvers, asked before the default ones. */
  readonly dns: readonly string[];
}

/** A reply, and how it was come by: from an upstream now, from the cache, from the cache although too old, without anybody. */
export interface Forwarded {
  /**
   * Whole (TC only where TCP failed too), with id, question, RD and CD as in the query; RA set, AA clear. It has no OPT:
   * that one is between two neighbours [RFC 6891 §6.1.1], the client's is put in by whoever fits the reply to the client.
   */
  readonly reply: Buffer;
  readonly from: 'forwarded' | 'cached' | 'stale' | 'local';
}

export interface Forwarding {
  /**
   * The answer to a query that is not about our own names; `questionEnd` is the offset behind its question. The first good
   * reply, else a bad one (SERVFAIL, REFUSED), else null. At once where nobody has to be asked. Never rejects.
   */
  forward(message: Buffer, questionEnd: number, asker: ForwardAsker): Forwarded | null | Promise<Forwarded | null>;
}

export interface ForwardingDependencies {
  readonly choose: Choose;
  /** Whether the name is one of our own, sent to find out who leads back to us. */
  readonly isProbe: (name: string) => boolean;
  readonly race: (question: Question, upstreams: readonly Upstream[]) => Race;
  readonly cache: Cache;
  readonly flights: Flights<KeptReply>;
  readonly alarms: Alarms;
  readonly log: Log;
}

export interface ForwardingOptions {
  readonly maxTtlSeconds: number;
}

/** A stale answer is given when fresh ones take longer than this [RFC 8767 §5]. */
const STALE_AFTER_MS = 1_800;
const STALE_TTL_SECONDS = 30;
/** What is asked for often is asked for again in the last tenth of its time. */
const PREFETCH = { leastHits: 3, leastLifetimeSeconds: 20, part: 0.1 };

interface Asked {
  readonly id: number;
  readonly question: Question;
  readonly asker: string;
  readonly choice: Extract<Choice, { kind: 'ask' }>;
  readonly key: string;
}

export function createForwarding(dependencies: ForwardingDependencies, options: ForwardingOptions): Forwarding {
  const { choose, isProbe, race, cache, flights, alarms, log } = dependencies;
  const complain = createComplaints(log);

  const launch = ({ question, choice, key }: Asked): Flight<KeptReply> => {
    const { reply, end } = race(question, choice.upstreams);
    let isWanted = true;
    const conclude = (received: Buffer | null): KeptReply | null => {
      if (!isWanted) return null;
      complain(choice, received !== null);
      const kept = received && keepReply(received, question, options);
      if (question.recursion) remember(key, kept);
      return kept;
    };
    const failed = (error: unknown): null => {
      log.error({ err: error }, "an upstream's reply could not be read; this is a bug");
      return null;
    };
    const abandon = (): void => {
      isWanted = false;
      end();
    };
    return { result: reply.then(conclude).catch(failed), end: abandon };
  };
  const remember = (key: string, kept: KeptReply | null): void => {
    if (kept === null || kept.verdict === 'bad') cache.fail(key, kept?.message ?? null);
    else cache.store(key, kept);
  };
  /** Without RD the upstream says only what it knows already: that is nobody else's answer. */
  const join = (asked: Asked, asker = asked.asker): Promise<KeptReply | null> =>
    flights.join(asked.question.recursion ? asked.key : `${asked.key} -`, asker, () => launch(asked));

  const fresh = async (asked: Asked): Promise<Forwarded | null> => {
    const kept = await join(asked);
    return kept && { reply: replay(asked, kept.message), from: 'forwarded' };
  };
  const stale = (asked: Asked, hit: CacheHit): Forwarded => {
    cache.servedStale();
    return { reply: replay(asked, hit.message, hit, STALE_TTL_SECONDS), from: 'stale' };
  };
  const freshOrStale = (asked: Asked, hit: CacheHit): Promise<Forwarded> => {
    const { promise, resolve } = Promise.withResolvers<Forwarded>();
    const alarm = alarms.in(STALE_AFTER_MS, () => resolve(stale(asked, hit)));
    void join(asked).then((kept) => {
      alarm.cancel();
      const isGood = kept !== null && kept.verdict !== 'bad';
      resolve(isGood ? { reply: replay(asked, kept.message), from: 'forwarded' } : stale(asked, hit));
    });
    return promise;
  };
  const cached = (asked: Asked, hit: CacheHit): Forwarded => {
    const { lifetimeSeconds, ageSeconds, turn } = hit;
    const isEnding = lifetimeSeconds - ageSeconds <= lifetimeSeconds * PREFETCH.part;
    const isPopular = turn >= PREFETCH.leastHits && lifetimeSeconds >= PREFETCH.leastLifetimeSeconds;
    if (isEnding && isPopular && asked.question.recursion && !flights.has(asked.key)) void join(asked, PREFETCHING);
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

/** In whose name answers are renewed before their time is over: they have a share like everybody else. */
const PREFETCHING = ' prefetch';

function replay(
  { id, question }: Pick<Asked, 'id' | 'question'>,
  message: Buffer | string,
  { ageSeconds, turn }: Pick<CacheHit, 'ageSeconds' | 'turn'> = { ageSeconds: 0, turn: 0 },
  staleTtlSeconds: number | null = null,
): Buffer {
  return replayReply(message, { id, question, ageSeconds, turn, staleTtlSeconds });
}

const MAX_COMPLAINTS = 100;

/** Tells when the upstreams of a set fail and when they answer again, not for each question. */
function createComplaints(log: Log): (choice: Asked['choice'], works: boolean) => void {
  const failing = new Set<string>();
  return ({ set, upstreams }, works) => {
    if (works === !failing.has(set)) return;
    const at = upstreams.map(formatUpstream);
    if (works) {
      failing.delete(set);
      log.info({ upstreams: at }, 'upstream resolvers answer again');
    } else if (failing.size < MAX_COMPLAINTS) {
      failing.add(set);
      log.warn({ upstreams: at }, 'no upstream resolver answers; names outside are not resolved until one does');
    }
  };
}
