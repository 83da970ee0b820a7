import type { Recovery } from '../../replacement/index.ts';
import type { DockerSource } from '../../sources/index.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';
import type { Rolls } from './rolls.ts';

export interface ReplacementsSources {
  readonly recovery: Recovery;
  readonly rolls: Pick<Rolls, 'idle'>;
  readonly source: Pick<DockerSource, 'isComplete' | 'isConnected'>;
}

const INTERVAL_MS = 500;

/**
 * Ends the replacements of containers that an earlier agent, or a lost connection to Docker, left half done. It ends when no roll is in
 * progress any more.
 */
export function replacementsPart(
  { clock }: Pick<AgentDependencies, 'clock'>,
  { recovery, rolls, source }: ReplacementsSources,
): Part {
  return async (signal, report) => {
    while (!signal.aborted) {
      if (source.isConnected() && source.isComplete()) await recovery.run();
      const problems = recovery.problems();
      if (problems.length > 0) report.problems(problems);
      else report.done();
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    }
    await rolls.idle();
  };
}
