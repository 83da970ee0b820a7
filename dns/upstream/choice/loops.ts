import { randomBytes } from 'node:crypto';
import { formatUpstream, type Upstream } from '../../../model/index.ts';
import type { Clock, Log } from '../../../system/index.ts';
import { TYPE } from '../../wire/codes.ts';
import { plainQuery } from '../../wire/write/plain-query.ts';
import type { Converse } from '../exchange/conversation.ts';
import type { Statistics } from '../exchange/statistics.ts';
import { type Question, questionOf } from '../message/question.ts';

/**
 * Detects upstreams that forward back to this server. Each is asked for a random name; if a query for that name then arrives
 * here, the upstream leads back. Comparing addresses would report good stubs as loops and miss loops over another server.
 */
export interface Loops {
  /** What is known now. A new upstream is probed at once and used meanwhile. Results are valid for one epoch. */
  leadsBack(upstream: Upstream): boolean;
  /** Changes when a result of `leadsBack` may have changed, and every 30 s. */
  epoch(): number;
  /** Call it with every name to forward (wire form). Returns whether the name is one of our probes. */
  saw(name: string): boolean;
  /** The upstreams that lead back now, `address:port`. */
  found(): readonly string[];
}

export interface LoopDependencies {
  readonly converse: Converse;
  readonly statistics: Statistics;
  readonly clock: Clock;
  readonly log: Log;
}

/** A domain for private use. Stubs answer `invalid` and `test` themselves. */
const PROBE_DOMAIN = 'drover-loop-probe.internal';
const EPOCH_MS = 30_000;
/** Upstreams that answer and do not lead back are probed again after this time; all others every epoch. */
const CLEAR_MS = 5 * 60_000;
const LISTEN_MS = 2_000;
const MAX_WATCHED = 1_000;

interface Watched {
  readonly upstream: Upstream;
  leadsBack: boolean;
  probedAtMs: number;
  usedIn: number;
}

export function createLoops({ converse, statistics, clock, log }: LoopDependencies, signal: AbortSignal): Loops {
  const watched = new Map<string, Watched>();
  const probes = new Map<string, () => void>();
  let epoch = 0;

  const probe = async (one: Watched): Promise<void> => {
    one.probedAtMs = clock.monotonic();
    const question = probeQuestion();
    let arrived = false;
    probes.set(question.name, () => {
      arrived = true;
    });
    const conversation = converse(question, statistics.of(one.upstream));
    void clock.sleep(LISTEN_MS, signal).then(conversation.end, conversation.end);
    const reply = await conversation.reply;
    probes.delete(question.name);
    if (!signal.aborted && (arrived || reply !== null)) conclude(one, arrived);
  };

  const conclude = (one: Watched, leadsBack: boolean): void => {
    if (one.leadsBack === leadsBack) return;
    one.leadsBack = leadsBack;
    epoch += 1;
    const upstream = formatUpstream(one.upstream);
    if (leadsBack)
      log.warn({ upstream }, 'upstream resolver forwards back to this server; it is not used until that changes');
    else log.info({ upstream }, 'upstream resolver no longer forwards back to this server');
  };

  const isDue = ({ upstream, leadsBack, probedAtMs }: Watched): boolean =>
    leadsBack || statistics.of(upstream).isSuspect() || clock.monotonic() - probedAtMs >= CLEAR_MS;

  const follow = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(EPOCH_MS, signal);
      for (const [key, one] of watched) if (one.usedIn < epoch - 1) watched.delete(key);
      epoch += 1;
      for (const one of watched.values()) if (isDue(one)) void probe(one);
    }
  };
  follow().catch(() => undefined);

  return {
    leadsBack: (upstream) => {
      const key = formatUpstream(upstream);
      const known = watched.get(key);
      if (known) {
        known.usedIn = epoch;
        return known.leadsBack;
      }
      if (watched.size >= MAX_WATCHED || signal.aborted) return false;
      const one = { upstream, leadsBack: false, probedAtMs: 0, usedIn: epoch };
      watched.set(key, one);
      void probe(one);
      return false;
    },
    epoch: () => epoch,
    saw: (name) => {
      const arrived = probes.get(name);
      arrived?.();
      return arrived !== undefined;
    },
    found: () => [...watched].flatMap(([key, { leadsBack }]) => (leadsBack ? [key] : [])),
  };
}

function probeQuestion(): Question {
  const query = plainQuery(`${randomBytes(12).toString('hex')}.${PROBE_DOMAIN}`, TYPE.A);
  return questionOf(query, query.length);
}
