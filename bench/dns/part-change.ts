import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { percentile } from '../../test/support/percentile.ts';
import { namesSet, recordsOf } from '../support/data-set.ts';
import { printRow, printVerdicts } from '../support/report.ts';
import { limit } from '../support/targets.ts';
import { type ChangeCost, measureChanges, worst } from './change.ts';
import type { Run } from './generator.ts';
import type { RunPart } from './part.ts';
import { untilAnswers } from './servers/contestant.ts';
import { startFed } from './servers/drover.ts';

const PORT = 5600;

/** One service of a hundred thousand names changes, twenty times a second, while queries run. */
export const runChange: RunPart = async ({ options, programs, resources, dir }) => {
  const set = namesSet();
  const records = recordsOf(set);
  const names = join(dir, 'names');
  await mkdir(dir, { recursive: true });
  await writeFile(names, `${records.map(({ name }) => `${name} A`).join('\n')}\n`);
  const { started, feed } = await startFed({ resources, set, records, dir, port: PORT, programs }, 'batched');
  await untilAnswers(PORT, records[0]?.name ?? '', 1, started.daemon);
  const cost = await measureChanges(feed, { ...options, generator: programs.generator, set, port: PORT, names });
  printCost(cost, options.rate);
  printVerdicts('Targets', [
    limit('one change among 100,000 names, applied, p50', percentile(cost.appliedMs, 0.5), 2, 'ms'),
    limit(
      'p99.9 of queries while services change, beyond what it is while nothing does',
      Math.max(0, worst(cost.changing, p999Ms) - worst(cost.idle, p999Ms)),
      5,
      'ms',
    ),
  ]);
};

const p999Ms = ({ p999 }: Run) => p999 / 1000;

function printCost({ appliedMs, seenMs, changing, idle }: ChangeCost, rate: number): void {
  console.log(`### One service changes among 100,000 names, at ${rate} queries per second\n`);
  printRow(['milliseconds', 'p50', 'p99', 'max', 'changes']);
  printRow(['---', '---', '---', '---', '---']);
  for (const [title, samples] of [
    ['from the agent to the DNS process that has applied it', appliedMs],
    ['from the agent to the first client that sees it', seenMs],
  ] as const) {
    const cells = [0.5, 0.99, 1].map((share) => percentile(samples, share).toFixed(2));
    printRow([title, ...cells, String(samples.length)]);
  }
  console.log();
  printRow(['queries meanwhile', 'p99', 'p99.9', 'slowest', 'lost', 'wrong']);
  printRow(['---', '---', '---', '---', '---', '---']);
  for (const [title, runs] of [
    ['nothing changes', idle],
    ['20 changes per second', changing],
  ] as const) {
    const slowest = [worst(runs, ({ p99 }) => p99), worst(runs, ({ p999 }) => p999), worst(runs, ({ max }) => max)];
    const sum = (of: (run: (typeof runs)[number]) => number) => runs.reduce((total, run) => total + of(run), 0);
    const wrong = sum(({ bad, stray }) => bad + stray);
    printRow([
      title,
      ...slowest.map((us) => `${(us / 1000).toFixed(2)} ms`),
      String(sum(({ lost }) => lost)),
      String(wrong),
    ]);
  }
  console.log();
}
