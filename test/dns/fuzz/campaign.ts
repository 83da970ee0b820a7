import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Coverage, startCoverage } from './coverage.ts';
import { formatInput, type Input, wordsOf } from './input.ts';
import { difference, judge } from './judge.ts';
import { mutate } from './mutate.ts';
import { createRandom, type Random } from './random.ts';
import { createSubject, type Subject } from './subject.ts';
import { LATER, WORLD } from './worlds.ts';

export interface CampaignOptions {
  readonly packets: number;
  readonly seed: number;
  /** Tried first, and changed from then on. */
  readonly corpus: readonly Input[];
  /** How many of the packets, from the first on, are guided by coverage, which costs time. */
  readonly guided: number;
  /** What one packet may take; tried again several times before it counts. */
  readonly limitMs: number;
  readonly onProgress?: (done: number, faults: readonly string[]) => void;
  /** Ends it before its time. */
  readonly signal?: AbortSignal;
}

export interface CampaignResult {
  readonly packets: number;
  /** Answered by the hot path, and compared. */
  readonly hot: number;
  /** Blocks of the code that ran. */
  readonly blocks: number;
  /** Inputs that reached something new. */
  readonly found: readonly Input[];
  /** What went wrong, with the input as a line of the corpus. */
  readonly faults: readonly string[];
  /** Live memory after a tenth of the packets, and at the end. */
  readonly memoryBytes: readonly [number, number];
  /** The worst packet of all, at its best. */
  readonly slowestMs: number;
}

const BATCH = 256;
const MAX_FAULTS = 20;
/** The state changes as often: the hot path must forget what it knew. */
const CHANGE_EVERY = 20_000;
const DEEP_EVERY = 16;

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { packets, seed, guided, limitMs, onProgress, signal } = options;
  const random = createRandom(seed);
  const corpus = [...options.corpus];
  const found: Input[] = [];
  const trial = createTrial(createSubject(WORLD), limitMs);
  const coverage = startCoverage((url) => /(?<!\/test)\/dns\//.test(url));
  let done = 0;
  let early = 0;

  const run = async (batch: readonly Input[]): Promise<void> => {
    for (const input of batch) {
      if (done % CHANGE_EVERY === CHANGE_EVERY - 1)
        trial.subject.see(done % (2 * CHANGE_EVERY) > CHANGE_EVERY ? WORLD : LATER);
      await trial.attempt(input, done % DEEP_EVERY === 0);
      done += 1;
    }
    if (early === 0 && done >= packets / 10) early = liveBytes();
    onProgress?.(done, trial.faults);
  };

  const goesOn = (): boolean => done < packets && trial.faults.length < MAX_FAULTS && !signal?.aborted;
  await run(corpus);
  coverage.fresh();
  while (goesOn() && done < guided) {
    const batch = nextBatch(corpus, random, BATCH);
    await run(batch);
    const interesting = await locate({ coverage, run }, batch, coverage.fresh());
    corpus.push(...interesting);
    found.push(...interesting);
  }
  const blocks = coverage.total();
  coverage.close();
  while (goesOn()) await run(nextBatch(corpus, random, BATCH));
  const { hot, faults, slowestMs } = trial;
  return { packets: done, hot, blocks, found, faults, slowestMs, memoryBytes: [early, liveBytes()] };
}

function nextBatch(corpus: readonly Input[], random: Random, size: number): readonly Input[] {
  return Array.from({ length: size }, () => mutate(random.pick(corpus), random.pick(corpus), random));
}

interface Search {
  readonly coverage: Coverage;
  readonly run: (batch: readonly Input[]) => Promise<void>;
}

/**
 * Which of a batch made the blocks run. A look at the counters costs as much as a hundred packets: so it is looked for in one
 * half and the other. What does not run again, because the state is another one now, is left.
 */
async function locate(search: Search, batch: readonly Input[], blocks: readonly string[]): Promise<readonly Input[]> {
  if (blocks.length === 0 || batch.length <= 1) return blocks.length === 0 ? [] : batch;
  const halves = [batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1)];
  const located: Input[] = [];
  let left = blocks;
  for (const half of halves) {
    if (left.length === 0) break;
    await search.run(half);
    const hit = search.coverage.hit(left);
    located.push(...(await locate(search, half, hit)));
    left = left.filter((block) => !hit.includes(block));
  }
  return located;
}

interface Trial {
  readonly subject: Subject;
  readonly faults: string[];
  hot: number;
  slowestMs: number;
  attempt(input: Input, deep: boolean): Promise<void>;
}

function createTrial(subject: Subject, limitMs: number): Trial {
  const trial: Trial = {
    subject,
    faults: [],
    hot: 0,
    slowestMs: 0,
    attempt: async (input, deep) => {
      const { flags, counts, records } = wordsOf(input);
      subject.say(flags, counts, records);
      const fault = (what: string): void => void trial.faults.push(`${what}\n  ${formatInput(input)}`);
      try {
        const fast = input.transport === 'udp' ? subject.hot(input.query, input.from) : null;
        const reply = await timed(input);
        const wrong = judge(input, reply, deep || fast !== null) ?? (fast && difference(fast, reply));
        if (fast) trial.hot += 1;
        if (wrong) fault(wrong);
      } catch (error) {
        fault(error instanceof Error ? (error.stack ?? String(error)) : String(error));
      }
    },
  };
  const send = ({ query, from, transport }: Input) => subject.general(query, from, transport);
  const timed = async (input: Input): Promise<Buffer | null> => {
    const start = performance.now();
    const reply = await send(input);
    if (performance.now() - start > limitMs) await timeAgain(input);
    return reply;
  };
  /** Most that take long were interrupted; those that always do are faults. */
  const timeAgain = async (input: Input): Promise<void> => {
    let best = Number.POSITIVE_INFINITY;
    for (let n = 0; n < 20; n += 1) {
      const start = performance.now();
      await send(input);
      best = Math.min(best, performance.now() - start);
    }
    trial.slowestMs = Math.max(trial.slowestMs, best);
    if (best > limitMs) trial.faults.push(`takes ${best.toFixed(2)} ms\n  ${formatInput(input)}`);
  };
  return trial;
}

/** What is still in use, after the rest was collected. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') for (let n = 0; n < 3; n += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
