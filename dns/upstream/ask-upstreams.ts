import { formatUpstream, type Upstream } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';
import type { Cache } from './cache/cache.ts';
import type { Choice } from './choice/choice.ts';
import type { InFlight, InFlightQuery } from './in-flight.ts';
import { type KeepLimits, type KeptReply, keepReply } from './message/kept-reply.ts';
import type { Question } from './message/question.ts';
import type { Race } from './race.ts';

/** A question for a set of upstreams. */
export interface UpstreamQuery {
  readonly question: Question;
  /** Whose share of the queries in flight it uses. */
  readonly asker: string;
  readonly choice: Extract<Choice, { kind: 'ask' }>;
  /** Equal keys have the same answer. */
  readonly key: string;
}

/** Asks the upstreams, or joins an identical query in flight. Null: no reply, or no free slot for the asker. Never rejects. */
export type AskUpstreams = (query: UpstreamQuery) => Promise<KeptReply | null>;

export interface AskDependencies {
  readonly race: (question: Question, upstreams: readonly Upstream[]) => Race;
  readonly cache: Cache;
  readonly inFlight: InFlight<KeptReply>;
  readonly log: Log;
}

/** Every reply goes into the cache. */
export function createAskUpstreams({ race, cache, inFlight, log }: AskDependencies, options: KeepLimits): AskUpstreams {
  const logFailure = createFailureLog(log);

  const remember = (key: string, kept: KeptReply | null): void => {
    if (kept === null || kept.verdict === 'bad') cache.fail(key, kept?.message ?? null);
    else cache.store(key, kept);
  };
  const send = ({ question, choice, key }: UpstreamQuery): InFlightQuery<KeptReply> => {
    const { reply, end } = race(question, choice.upstreams);
    let isWanted = true;
    const conclude = (received: Buffer | null): KeptReply | null => {
      if (!isWanted) return null;
      logFailure(choice, received !== null);
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
  // Without RD the upstream answers from its cache only: that answer is not shared with queries that set RD.
  return (query) =>
    inFlight.join(query.question.recursion ? query.key : `${query.key} -`, query.asker, () => send(query));
}

const MAX_FAILING = 100;

/** Logs when all upstreams of a set stop answering and when they answer again, not for each query. */
function createFailureLog(log: Log): (choice: UpstreamQuery['choice'], works: boolean) => void {
  const failing = new Set<string>();
  return ({ set, upstreams }, works) => {
    if (works === !failing.has(set)) return;
    const at = upstreams.map(formatUpstream);
    if (works) {
      failing.delete(set);
      log.info({ upstreams: at }, 'upstream resolvers answer again');
    } else if (failing.size < MAX_FAILING) {
      failing.add(set);
      log.warn({ upstreams: at }, 'no upstream resolver answers; external names fail until one does');
    }
  };
}
