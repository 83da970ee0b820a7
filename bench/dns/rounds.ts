import { cpuSeconds, residentBytes } from '../support/process-cost.ts';
import type { Entrant } from './field.ts';
import { generate, type Run } from './generator.ts';
import type { BenchOptions } from './options.ts';

/** One measurement of one server. */
export interface Measured extends Run {
  /** CPU time of the server (user and system) per reply. */
  readonly cpuMicros: number;
  /** Share of the time its core was busy with it. */
  readonly busy: number;
}

/** All measurements of one server, one per round. */
export interface Score {
  readonly entrant: Entrant;
  readonly saturated: readonly Measured[];
  /** At the steady rate; empty if not requested. */
  readonly steady: readonly Measured[];
  /** Resident after the rounds. */
  readonly bytes: number;
}

export interface RoundsOptions extends Pick<BenchOptions, 'seconds' | 'rounds' | 'rate' | 'missing' | 'missingPool'> {
  readonly generator: string;
  readonly askers: number;
  /** Whether latency at the steady rate is measured too. */
  readonly steady: boolean;
  /** Warm-up until every name was queried once. */
  readonly firstWarmSeconds: number;
}

/** Each round measures every server once, starting with a different one, so that disturbances affect all servers alike. */
export async function runRounds(entrants: readonly Entrant[], options: RoundsOptions): Promise<readonly Score[]> {
  const scores = new Map(
    entrants.map((entrant) => [entrant, { saturated: [] as Measured[], steady: [] as Measured[] }]),
  );
  for (let round = 0; round < options.rounds; round += 1) {
    for (let at = 0; at < entrants.length; at += 1) {
      const entrant = entrants[(at + round) % entrants.length] as Entrant;
      const score = scores.get(entrant);
      await entrant.awake(async () => {
        if (round === 0) await ask(entrant, options, { seconds: options.firstWarmSeconds });
        score?.saturated.push(await measure(entrant, options));
        if (options.steady) score?.steady.push(await measure(entrant, options, options.rate));
      });
    }
    console.error(`  round ${round + 1} of ${options.rounds} is done`);
  }
  return [...scores].map(([entrant, score]) => ({ entrant, ...score, bytes: residentBytes(entrant.pid) }));
}

async function measure(entrant: Entrant, options: RoundsOptions, rate?: number): Promise<Measured> {
  const steadily = rate ? { rate } : {};
  await ask(entrant, options, { seconds: WARM_SECONDS, ...steadily });
  const before = cpuSeconds(entrant.pid);
  const began = performance.now();
  const run = await ask(entrant, options, { seconds: options.seconds, ...steadily });
  const used = cpuSeconds(entrant.pid) - before;
  if (run.bad > 0) console.error(`  ${entrant.name} answered wrongly, first ${run.firstBad}`);
  return { ...run, cpuMicros: (used * 1e6) / run.received, busy: used / ((performance.now() - began) / 1000) };
}

/** Separate from the measurement, so that the CPU time covers only the measurement. */
const WARM_SECONDS = 0.5;

function ask(
  entrant: Entrant,
  { generator, askers, missingPool, ...options }: RoundsOptions,
  more: { readonly seconds: number; readonly rate?: number },
): Promise<Run> {
  const { port, names, echo } = entrant;
  const missing = entrant.missing ? options.missing : 0;
  return generate(generator, { port, names, echo, askers, missing, missingPool, warmSeconds: 0, ...more });
}

/** The median over the rounds of the value that `of` returns. */
export function median(rounds: readonly Measured[], of: (measured: Measured) => number): number {
  const sorted = rounds.map(of).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
