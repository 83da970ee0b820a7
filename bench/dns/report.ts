import { cpus, release } from 'node:os';
import { printRow } from '../support/report.ts';
import { type Measured, median, type Score } from './rounds.ts';

/** The first lines: the machine of the measurement. */
export function printHead(command: string): void {
  const [cpu] = cpus();
  console.log(
    `\`npm run bench -- dns${command && ` ${command}`}\`: ${cpus().length} cores (${cpu?.model.trim()}), Linux ${release()}, Node ${process.version};`,
  );
  console.log('each server on one core, the generator on the other; of several rounds, interleaved, the middle one.\n');
}

export function printScores(title: string, scores: readonly Score[], { rate }: { readonly rate: number }): void {
  const steady = scores.some((score) => score.steady.length > 0);
  console.log(`### ${title}\n`);
  const latency = steady ? [`p50 at ${thousands(rate)}/s`, 'p99', 'p99.9', 'max'] : [];
  printRow([
    'server',
    'queries/s',
    'CPU per query',
    'busy',
    ...latency,
    'lost',
    'wrong',
    'memory',
    'start until first answer',
  ]);
  printRow(Array.from({ length: 8 + latency.length }, () => '---'));
  for (const score of scores) printRow(rowOf(score, steady));
  console.log();
}

function rowOf({ entrant, saturated, steady, bytes }: Score, withLatency: boolean): readonly string[] {
  const all = [...saturated, ...steady];
  const total = (of: (measured: Measured) => number) => all.reduce((sum, measured) => sum + of(measured), 0);
  const micros = (of: (measured: Measured) => number) => `${median(steady, of).toFixed(0)} us`;
  return [
    entrant.name,
    thousands(median(saturated, ({ perSecond }) => perSecond)),
    `${median(saturated, ({ cpuMicros }) => cpuMicros).toFixed(2)} us`,
    `${(median(saturated, ({ busy }) => busy) * 100).toFixed(0)} %`,
    ...(withLatency
      ? [micros(({ p50 }) => p50), micros(({ p99 }) => p99), micros(({ p999 }) => p999), micros(({ max }) => max)]
      : []),
    share(
      total(({ lost }) => lost),
      total(({ sent }) => sent),
    ),
    share(
      total(({ bad }) => bad),
      total(({ received }) => received),
    ),
    megabytes(bytes),
    entrant.echo ? '' : `${entrant.loadMs.toFixed(0)} ms`,
  ];
}

export const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`;

const thousands = (value: number) => Math.round(value).toLocaleString('en-US');

function share(part: number, whole: number): string {
  return part === 0 ? '0' : `${part} of ${thousands(whole)}`;
}
