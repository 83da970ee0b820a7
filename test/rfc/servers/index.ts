import { bind } from './bind.ts';
import { drover } from './drover.ts';
import { droverAnswers } from './drover-answers.ts';
import type { Target } from './target.ts';
import { unbound } from './unbound.ts';

/** The servers under test: ours, and those that validate the tests. */
export const TARGETS: readonly Target[] = [drover, droverAnswers, unbound, bind];

/** The servers in `DROVER_RFC_SERVER` (`drover,unbound`), by default all. */
export function chosenTargets(): readonly Target[] {
  const names = process.env.DROVER_RFC_SERVER?.split(',') ?? TARGETS.map(({ name }) => name);
  return names.map((name) => {
    const target = TARGETS.find((one) => one.name === name);
    if (!target) throw new Error(`DROVER_RFC_SERVER: no server ${name}; there are ${TARGETS.map((one) => one.name)}`);
    return target;
  });
}
