import { randomBytes } from 'node:crypto';
import type { Clock, Log } from '../../system/index.ts';
import { plainQuery } from '../wire/plain-query.ts';
import { formatUpstream, type Upstream } from './address.ts';
import type { Book } from './book.ts';
import type { Converse } from './conversation.ts';
import { type Question, questionOf } from './question.ts';
import { RECORD_TYPE } from './records.ts';

/**
 * Finds out which upstreams lead back to this server: each is asked for a random name that nobody has, and if that very name
 * then arrives here, it does. Guessing by address would take good stubs for loops, and miss loops over another server.
 */
export interface Loops {
  /** What is known; an upstream that is new is looked into at once, and taken for good meanwhile. Ask again each epoch. */
  leadsBack(upstream: Upstream): boolean;
  /** Changes whenever an answer of `leadsBack` may have, and every half minute. */
  epoch(): number;
  /** Told of every name that is to be forwarded (wire form); whether it is one of our probes. */
  saw(name: string): boolean;
  /** Those that lead back now, `address:port`. */
  found(): readonly string[];
}

export interface LoopDependencies {
  readonly converse: Converse;
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
}

/** Under a domain for private use: not `invalid` or `test`, which stubs answer themselves. */
const PROBE_DOMAIN = 'drover-loop-probe.internal';
const EPOCH_MS = 30_000;
/** Those that answer and do not lead back are looked into again after this; all others every epoch. */
const CLEAR_MS = 5 * 60_000;
const LISTEN_MS = 2_000;
const MAX_WATCHED = 1_000;

interface Watched {
  readonly upstream: Upstream;
  leadsBack: boolean;
  probedAtMs: number;
  usedIn: number;
}

export function createLoops({ converse, book, clock, log }: LoopDependencies, signal: AbortSignal): Loops {
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
    const conversation = converse(question, book.page(one.upstream));
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
    if (leadsBack) log.warn({ upstream }, 'this upstream resolver leads back to us; it is left out until it does not');
    else log.info({ upstream }, 'this upstream resolver no longer leads back to us');
  };

  const isDue = ({ upstream, leadsBack, probedAtMs }: Watched): boolean =>
    leadsBack || book.page(upstream).isSuspect() || clock.monotonic() - probedAtMs >= CLEAR_MS;

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
  const query = plainQuery(`${randomBytes(12).toString('hex')}.${PROBE_DOMAIN}`, RECORD_TYPE.A);
  return questionOf(query, query.length);
}
