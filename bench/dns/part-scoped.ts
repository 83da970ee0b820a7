import { scopedSet } from '../support/data-set.ts';
import { printVerdicts } from '../support/report.ts';
import { contestantsFor } from './contestants.ts';
import { runDnsperf } from './dnsperf.ts';
import { setUp } from './field.ts';
import type { RunPart } from './part.ts';
import { printScores } from './report.ts';
import { runRounds } from './rounds.ts';
import { latencyTarget, ratioTarget } from './targets.ts';

const BATCHED = 'Drover (batched)';
const DGRAM = 'Drover (dgram)';

/** Compares all servers: rate, CPU time, latency. */
export const runScoped: RunPart = async ({ options, binaries, programs, resources, dir }) => {
  const set = scopedSet();
  const contestants = contestantsFor(set, binaries, options.only);
  const entrants = await setUp(resources, { dir, programs, set, firstPort: 5400 }, contestants);
  const { generator } = programs;
  const scores = await runRounds(entrants, {
    ...options,
    generator,
    askers: set.askers,
    steady: true,
    firstWarmSeconds: 4,
  });
  printScores(`${set.title}, ${options.missing * 100} % for names that do not exist`, scores, options);
  await runDnsperf(entrants, options.seconds);
  printVerdicts('Targets', [
    ratioTarget(scores, { of: BATCHED, to: 'C echo', atLeast: 0.9 }),
    ratioTarget(scores, { of: BATCHED, to: 'NSD', atLeast: 1 }),
    ratioTarget(scores, { of: BATCHED, to: 'unbound', atLeast: 1.15 }),
    ratioTarget(scores, { of: BATCHED, to: 'rancher-dns', atLeast: 4.5 }),
    ratioTarget(scores, { of: DGRAM, to: 'dnsmasq', atLeast: 1.3 }),
    ratioTarget(scores, { of: DGRAM, to: 'rancher-dns', atLeast: 2.5 }),
    ratioTarget(scores, { of: DGRAM, to: 'Node echo (dgram)', atLeast: 0.7 }),
    latencyTarget(scores, { of: BATCHED, to: 'C echo', atMost: 1.5 }),
  ]);
};
