import { namesSet } from '../support/data-set.ts';
import { printVerdicts } from '../support/report.ts';
import { limit } from '../support/targets.ts';
import { contestantsFor } from './contestants.ts';
import { setUp } from './field.ts';
import type { RunPart } from './part.ts';
import { printScores } from './report.ts';
import { runRounds } from './rounds.ts';

/** A hundred thousand names: rate, memory, time until the first answer. */
export const runNames: RunPart = async ({ options, binaries, programs, resources, dir }) => {
  const set = namesSet();
  const contestants = contestantsFor(set, binaries, options.only);
  const entrants = await setUp(resources, { dir, programs, set, firstPort: 5500 }, contestants);
  const { generator } = programs;
  const scores = await runRounds(entrants, {
    ...options,
    generator,
    askers: set.askers,
    steady: false,
    firstWarmSeconds: 10,
  });
  printScores(`${set.title}, ${options.missing * 100} % more for names that do not exist`, scores, options);
  const ours = scores.filter(({ entrant }) => entrant.name.startsWith('Drover'));
  printVerdicts(
    'Targets',
    ours.flatMap(({ entrant, bytes }) => [
      limit(`${entrant.name}: memory with 100,000 names, after the rounds`, bytes / 1024 / 1024, 200, 'MB'),
      limit(`${entrant.name}: from the start of the process to an answer`, entrant.loadMs, 1000, 'ms'),
    ]),
  );
};
