import type { Clock } from '../../system/index.ts';
import type { Answerer } from '../answer/answerer.ts';
import { type FastAnswer, GENERAL_PATH } from '../listen/fast-answer.ts';
import type { Asker, NameSource } from '../source/source.ts';

export interface HotPathDependencies<A extends Asker = Asker> {
  readonly source: NameSource<A>;
  readonly answerer: Pick<Answerer, 'encodeOwn'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** True: this query takes the general path, so that whoever watches sees it. Asked once a query that could be answered here. */
  readonly divert?: (from: number) => boolean;
}

export interface HotPathOptions {
  /** What the table may take at most. */
  readonly maxBytes: number;
}

export interface HotPath {
  readonly answer: FastAnswer;
  /** Loads the names of the source and lets the compiler see the loop, for at most so long. */
  warmUp(budgetMs: number): void;
  stats(): HotStats;
}

export interface HotStats {
  /** Replies since the start, by type of the question and rcode. */
  readonly answered: readonly { readonly type: number; readonly rcode: number; readonly count: number }[];
  /** What is in the table now. */
  readonly entries: number;
  readonly bytes: number;
}

/** Answers what is asked again and again from bytes that were encoded before; everything else takes the general path. */
export function createHotPath<A extends Asker>(_: HotPathDependencies<A>, __: HotPathOptions): HotPath {
  return {
    answer: () => GENERAL_PATH,
    warmUp: () => undefined,
    stats: () => ({ answered: [], entries: 0, bytes: 0 }),
  };
}
