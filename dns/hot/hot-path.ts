import { randomInt } from 'node:crypto';
import type { Answerer } from '../answer/answerer.ts';
import { type FastAnswer, GENERAL_PATH } from '../listen/fast-answer.ts';
import type { Asker, NameSource } from '../query/name-source.ts';
import { Absence } from './absence.ts';
import { canonicalQuery, type PlainEdns, wireName } from './canonical-query.ts';
import type { Entry } from './entry.ts';
import { Generations } from './generations.ts';
import { hashText } from './hash.ts';
import { type Answered, HotLoop, MAX_PAYLOAD, MAX_TYPE, MIN_PAYLOAD, type Missed } from './hot-loop.ts';
import { createLoader } from './loader.ts';
import { type HotMirror, keyOfEntry, keyOfMissed } from './mirror.ts';
import { createNegatives } from './negatives.ts';
import { Scopes } from './scopes.ts';
import type { Table } from './table.ts';
import { createTurnNumbers } from './turn-numbers.ts';
import { warmUp } from './warm-up.ts';

export interface HotPathDependencies<A extends Asker = Asker> {
  readonly source: NameSource<A>;
  readonly answerer: Pick<Answerer, 'encodeOwn'>;
  /** True: this query takes the general path, so that whoever watches sees it. Asked once a query that could be answered here. */
  readonly divert?: (from: number) => boolean;
  /** Gives the table's answers by himself; whoever passes one also sees to it that `catchUp` is called at every change. */
  readonly mirror?: HotMirror;
}

export interface HotPathOptions {
  /** What the table may take at most. */
  readonly maxBytes: number;
  /** The largest reply over UDP, whatever the client says it takes; default 1232, and never more. */
  readonly udpPayloadBytes?: number;
  /** Where hashes and turns begin; default: by chance, so that nobody can make names that collide. */
  readonly seed?: number;
}

export interface HotPath {
  readonly answer: FastAnswer;
  /** Applies what has changed, as each answer does before it is given. */
  catchUp(): void;
  /** Goes on with what can wait until after the first answers, for a fraction of a millisecond; true when nothing is left. */
  settle(): boolean;
  /** Loads the names of the source and lets the compiler see the loop, working for at most so long. Nothing of it is counted. */
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
  /** Answers that were encoded for it since the start. */
  readonly loaded: number;
  /** Queries left to the general path because something failed here: each is a bug. */
  readonly faults: number;
}

/** More changes at once than this are not worth telling apart. */
const MANY_CHANGES = 20_000;

/**
 * Answers what is asked again and again from bytes that the general path encoded once; everything else is left to that one.
 * What has changed is forgotten before the next answer, and encoded anew when it is asked for.
 */
export function createHotPath<A extends Asker>(
  { source, answerer, divert, mirror }: HotPathDependencies<A>,
  { maxBytes, udpPayloadBytes = MAX_PAYLOAD, seed = randomInt(2 ** 32) }: HotPathOptions,
): HotPath {
  const onRemove = mirror ? (table: Table, entry: number) => mirror.drop(keyOfEntry(table, entry)) : null;
  const generations = new Generations(maxBytes, onRemove);
  const scopes: Scopes<A> = new Scopes<A>(source, (from, scope, asker) => {
    absence.know(asker);
    // Strangers are many, and no container: theirs is the scope without a key.
    if (mirror && asker.key !== '') mirror.know(from, scope);
  });
  const turns = createTurnNumbers(seed);
  const negatives = createNegatives(answerer);
  const absence = new Absence(source, negatives, seed | 0);
  const changes = source.changes();
  let loaded = 0;
  let faults = 0;

  const forget = (): void => {
    generations.clear();
    negatives.forget();
    mirror?.clear();
  };
  const catchUp = (): void => {
    const change = changes.take();
    if (change === null) {
      absence.step();
      return;
    }
    mirror?.pause();
    mirror?.forgetAskers();
    scopes.changed();
    loop.serial = source.authority().serial | 0;
    const isMuch = change === 'everything' || change.size > MANY_CHANGES || scopes.takeExhausted();
    if (isMuch) forget();
    else for (const key of change) generations.invalidate(hashText(key));
    absence.changed(isMuch ? 'everything' : change);
    if (loop.opts[0] === 0) loop.opts.set(sampleOpts(answerer));
    mirror?.resume(loop.serial);
  };
  const onPut = (missed: Missed, entry: Entry): void => {
    loaded += 1;
    mirror?.put(keyOfMissed(missed), entry);
  };
  const miss = createLoader({ source, answerer, generations, scopes, turns, negatives, onPut });
  const loop = new HotLoop<A>({
    generations,
    scopes,
    turns: turns.counts,
    divert: divert ?? null,
    types: answeredTypes(),
    catchUp,
    miss,
    absence,
    maxPayload: Math.max(MIN_PAYLOAD, Math.min(udpPayloadBytes, MAX_PAYLOAD)),
    seed: seed | 0,
  });
  const answer: FastAnswer = (rx, at, length, from, tx, to) => {
    try {
      return loop.answer(rx, at, length, from, tx, to);
    } catch {
      // The general path tells what is wrong, if it fails there too.
      faults += 1;
      return GENERAL_PATH;
    }
  };
  return {
    answer,
    catchUp,
    settle: () => absence.step(),
    warmUp: (budgetMs) => {
      try {
        loop.uncounted(() => warmUp(answer, source.names(), budgetMs));
      } catch {
        faults += 1;
      }
    },
    stats: () => ({
      answered: loop.answered(),
      entries: generations.count,
      bytes: generations.bytes,
      loaded,
      faults,
    }),
  };
}

/** By number: 1 where the general path would look for an answer. */
function answeredTypes(): Uint8Array {
  const types = new Uint8Array(256);
  const name = Buffer.from([0]);
  for (let type = 0; type <= MAX_TYPE; type += 1) types[type] = canonicalQuery(name, type) ? 1 : 0;
  return types;
}

const OPT_SIZE = 11;

/** What the general path says in an OPT record, without and with DO: numbers from byte 0, 4 and 7 of each. */
function sampleOpts({ encodeOwn }: Pick<Answerer, 'encodeOwn'>): readonly number[] {
  return (['bare', 'dnssec-ok'] as const).flatMap((edns: PlainEdns) => {
    const name = wireName('-');
    const query = name && canonicalQuery(name, 1, edns);
    if (!query) throw new Error('the plainest query with EDNS is not read as a query; this is a bug');
    const client = { address: '0.0.0.0', transport: 'udp' } as const;
    const reply = encodeOwn(query, client, { kind: 'nodata', aliases: [], zone: '.' });
    const at = reply.length - OPT_SIZE;
    return [0, 4, 7].map((offset) => reply.readInt32LE(at + offset));
  });
}
