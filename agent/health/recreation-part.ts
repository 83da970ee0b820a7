import type Docker from 'dockerode';
import { createRecreator, type RecreationLock } from '../../healthcheck/index.ts';
import type { Claims, Recovery } from '../../replacement/index.ts';
import type { DockerSource } from '../../sources/index.ts';
import type { StateStore } from '../../state/index.ts';
import type { HostView } from '../../view/index.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';

export interface RecreationSources {
  readonly docker: Docker;
  readonly store: Pick<StateStore, 'current' | 'staleSinceMs'>;
  readonly view: () => HostView;
  readonly source: Pick<DockerSource, 'isConnected' | 'isComplete'>;
  readonly lock: () => Promise<RecreationLock>;
  readonly claims: Claims;
  readonly recovery: Recovery;
}

const INTERVAL_MS = 500;

/** Recreates containers of this host that are unhealthy, if their service asks for it. */
export function recreationPart(
  { clock, log }: Pick<AgentDependencies, 'clock' | 'log'>,
  { docker, store, view, source, lock, claims, recovery }: RecreationSources,
): Part {
  const { isConnected, isComplete } = source;
  const isKnown = (): boolean => isComplete() && store.current().complete && store.staleSinceMs() === null;
  return async (signal, report) => {
    const recreator = createRecreator({
      docker,
      log,
      clock,
      lock: await lock(),
      claims,
      recovery,
      isConnected,
      view: () => (isKnown() ? view() : null),
    });
    try {
      while (!signal.aborted) {
        await recreator.tick(signal);
        const problems = recreator.problems();
        if (problems.length > 0) report.problems(problems);
        else report.done();
        await clock.sleep(INTERVAL_MS, signal).catch(() => {});
      }
    } finally {
      await recreator.idle();
    }
  };
}
