import { randomInt } from 'node:crypto';
import type { Answerer } from '../answer/answerer.ts';
import { type FastAnswer, GENERAL_PATH } from '../query/fast-answer.ts';
import type { Asker, NameSource } from '../query/name-source.ts';
import { answeredTypes, encodeOpts } from './encoded-parts.ts';
import type { TableFollower } from './follower.ts';
import { hashText } from './hash.ts';
import { type Answered, HotLoop } from './hot-loop.ts';
import { createLoader } from './loader.ts';
import { createNegatives } from './negatives.ts';
import { MAX_PAYLOAD, MIN_PAYLOAD } from './question.ts';
import { Scopes } from './scopes.ts';
import { Table } from './table.ts';
import { createTurnCounters } from './turn-counters.ts';
import { warmUp } from './warm-up.ts';

export interface HotPathDependencies<A extends Asker = Asker> {
  readonly source: NameSource<A>;
  readonly answerer: Pick<Answerer, 'encodeOwn'>;
  /** Called once for each query that could be answered here. True: it takes the general path, which shows it to watchers. */
  readonly divert?: (from: number) => boolean;
  /** Keep copies of the table. Call `catchUp` at every change then, so that no copy is older than the state. */
  readonly followers?: readonly TableFollower[];
}

export interface HotPathOptions {
  /** The most memory for the table. */
  readonly maxBytes: number;
  /** The largest reply over UDP, whatever the client takes; default 1232, and never more: the general path gives larger ones. */
  readonly udpPayloadBytes?: number | undefined;
  /**
   * Names that do not exist are kept like all others, but no more than this, so that a flood of random names does not
   * displace names that exist; default 16,384.
   */
  readonly maxNegatives?: number;
  /** The start of hashes and turns; default: random, so that no client can make up names that collide. */
  readonly seed?: number;
}

export interface HotPath {
  readonly answer: FastAnswer;
  /** Applies what has changed, as each answer does before it is given. */
  catchUp(): void;
  /** Loads the names of the source and lets V8 compile the loop, for at most `budgetMs`. Its replies are not counted. */
  warmUp(budgetMs: number): void;
  stats(): HotStats;
}

export interface HotStats {
  /** Replies since the start, by type of the question and rcode. */
  readonly answered: readonly Answered[];
  /** What is in the table now. */
  readonly entries: number;
  /** Memory it has written to. */
  readonly bytes: number;
  /** Replies that were encoded for it since the start. */
  readonly loaded: number;
  /** Queries left to the general path because the hot path threw an error: each is a bug. */
  readonly faults: number;
}

/** After more changes at once than this the table is emptied. */
const MANY_CHANGES = 20_000;

/**
 * Answers repeated questions from bytes that the general path encoded once, and leaves everything else to that path. What
 * has changed is removed before the next answer, and encoded again when it is asked for.
 */
export function createHotPath<A extends Asker>(
  { source, answerer, divert = () => false, followers = [] }: HotPathDependencies<A>,
  { maxBytes, udpPayloadBytes = MAX_PAYLOAD, maxNegatives = 16_384, seed = randomInt(2 ** 32) }: HotPathOptions,
): HotPath {
  let faults = 0;
  const table = new Table(maxBytes, followers);
  const scopes = new Scopes<A>({
    source,
    onKnown: (from, scope, asker) => {
      // Strangers are many, and no containers: they all have the scope without a key.
      if (asker.key !== '') for (const follower of followers) follower.know(from, scope);
    },
    onExhausted: () => {
      for (const follower of followers) follower.forgetAskers();
      table.clear();
    },
  });
  const turns = createTurnCounters(seed);
  const negatives = createNegatives(answerer);
  const loop = new HotLoop<A>({
    table,
    scopes,
    turns: turns.counts,
    divert,
    types: answeredTypes(),
    catchUp: () => catchUp(),
    load: createLoader({ source, answerer, table, scopes, turns, negatives, maxNegatives }),
    maxPayload: Math.max(MIN_PAYLOAD, Math.min(udpPayloadBytes, MAX_PAYLOAD)),
    seed: seed | 0,
  });
  const changes = source.changes();
  const catchUp = (): void => {
    const change = changes.take();
    if (change === null) return;
    for (const follower of followers) {
      follower.pause();
      follower.forgetAskers();
    }
    scopes.changed();
    loop.serial = source.authority().serial | 0;
    if (change === 'everything' || change.size > MANY_CHANGES) {
      table.clear();
      negatives.forget();
      loop.opts.set(encodeOpts(answerer));
    } else for (const key of change) table.invalidate(hashText(key));
    for (const follower of followers) follower.resume(loop.serial);
  };
  const answer: FastAnswer = (rx, at, length, from, tx, to) => {
    try {
      return loop.answer(rx, at, length, from, tx, to);
    } catch {
      // The general path reports the cause, if it fails there too.
      faults += 1;
      return GENERAL_PATH;
    }
  };
  return {
    answer,
    catchUp,
    warmUp: (budgetMs) => {
      try {
        loop.uncounted(() => warmUp(answer, source.names(), budgetMs));
      } catch {
        faults += 1;
      }
    },
    stats: () => ({
      answered: loop.answered(),
      entries: table.count,
      bytes: table.bytes,
      loaded: table.loaded,
      faults,
    }),
  };
}
