import type { Recovery } from '../../replacement/index.ts';
import type { DockerSource } from '../../sources/index.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';

const INTERVAL_MS = 500;

/** Ends the replacements of containers that an earlier agent, or a lost connection to Docker, left half done. */
export function replacementsPart(
  { clock }: Pick<AgentDependencies, 'clock'>,
  recovery: Recovery,
  { isConnected }: Pick<DockerSource, 'isConnected'>,
): Part {
  return async (signal, report) => {
    while (!signal.aborted) {
      if (isConnected()) await recovery.run();
      const problems = recovery.problems();
      if (problems.length > 0) report.problems(problems);
      else report.done();
      await clock.sleep(INTERVAL_MS, signal).catch(() => {});
    }
  };
}
