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
  /** Initial inputs, mutated later. */
  readonly corpus: readonly Input[];
  /** Number of first packets that are guided by coverage, which costs time. */
  readonly guided: number;
  /** Time limit for one packet; repeated several times before it counts. */
  readonly limitMs: number;
  readonly onProgress?: (done: number, faults: readonly string[]) => void;
  /** Aborts the campaign. */
  readonly signal?: AbortSignal;
}

export interface CampaignResult {
  readonly packets: number;
  /** Packets answered by the hot path and compared. */
  readonly hot: number;
  /** Code blocks that ran. */
  readonly blocks: number;
  /** Inputs that reached new blocks. */
  readonly found: readonly Input[];
  /** Failures, each with its input as a line of the corpus. */
  readonly faults: readonly string[];
  /** Heap in use after a tenth of the packets, and at the end. */
  readonly memoryBytes: readonly [number, number];
  /** The fastest run of the slowest packet. */
  readonly slowestMs: number;
}

const BATCH = 256;
const MAX_FAULTS = 20;
/** The state changes this often, so that the hot path has to drop replies. */
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
 * Finds the packet of a batch that made the blocks run. Reading the counters costs as much as a hundred packets, so this is a
 * binary search. Blocks that do not run again, because the state has changed, are ignored.
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
  /** Most slow packets were interrupted; a packet that is always slow is a failure. */
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

/** Heap in use after garbage collection. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') for (let n = 0; n < 3; n += 1) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
