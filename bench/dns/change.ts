import type { DataSet } from '../support/data-set.ts';
import { movedContainer } from '../support/facts.ts';
import type { BenchFeed } from '../support/feed.ts';
import { generate, type Run } from './generator.ts';
import type { BenchOptions } from './options.ts';

/** Cost of changes of one service under queries, in milliseconds. */
export interface ChangeCost {
  /** From the write of the change until `drover dns` reports it as applied. */
  readonly appliedMs: readonly number[];
  /** Until a client saw the new address. */
  readonly seenMs: readonly number[];
  /** Queries of all rounds with changes, and of those without, interleaved. */
  readonly changing: readonly Run[];
  readonly idle: readonly Run[];
}

export interface ChangeOptions extends Pick<BenchOptions, 'seconds' | 'rounds' | 'rate' | 'missing' | 'missingPool'> {
  readonly generator: string;
  readonly set: DataSet;
  readonly port: number;
  readonly names: string;
}

const CHANGES_PER_SECOND = 20;
/** A change before the first query would be detected late. */
const GENERATOR_START_MS = 200;
/** Every fourth query looks for the change. */
const WATCH = 4;

export async function measureChanges(feed: BenchFeed, options: ChangeOptions): Promise<ChangeCost> {
  const idle: Run[] = [];
  const changing: Run[] = [];
  const appliedMs: number[] = [];
  const seenMs: number[] = [];
  await ask(options, WARM_SECONDS);
  for (let round = 0; round < options.rounds; round += 1) {
    idle.push(await ask(options, options.seconds));
    const stop = new AbortController();
    const changes = changeSteadily(feed, options.set, round, stop.signal);
    const run = await ask(options, options.seconds);
    stop.abort();
    changing.push(run);
    for (const change of await changes) {
      appliedMs.push(milliseconds(change.writtenNs, change.appliedNs));
      const seen = run.seen.find(({ watched }) => watched === change.address);
      if (seen) seenMs.push(milliseconds(change.writtenNs, BigInt(seen.atNs)));
    }
  }
  return { appliedMs, seenMs, changing, idle };
}

/** Long enough that nearly every name has been queried. */
const WARM_SECONDS = 20;

const ask = ({ generator, port, names, rate, missing, missingPool, set }: ChangeOptions, seconds: number) =>
  generate(generator, {
    ...{ port, names, rate, missing, missingPool, seconds, warmSeconds: 0, askers: set.askers },
    ...{ nap: true, watch: WATCH },
  });

interface Change {
  readonly address: string;
  readonly writtenNs: bigint;
  readonly appliedNs: bigint;
}

/** Each change has an address of its own. */
async function changeSteadily(
  feed: BenchFeed,
  set: DataSet,
  round: number,
  signal: AbortSignal,
): Promise<readonly Change[]> {
  const made: Change[] = [];
  await new Promise((resolve) => setTimeout(resolve, GENERATOR_START_MS));
  for (let n = 0; !signal.aborted; n += 1) {
    const address = `10.127.${round}.${n % 256}`;
    made.push({ address, ...(await feed.change(...movedContainer(set, address))) });
    await new Promise((resolve) => setTimeout(resolve, 1000 / CHANGES_PER_SECOND));
  }
  return made;
}

export const worst = (runs: readonly Run[], of: (run: Run) => number) => Math.max(...runs.map(of));

function milliseconds(from: bigint, to: bigint): number {
  return Number(to - from) / 1e6;
}
