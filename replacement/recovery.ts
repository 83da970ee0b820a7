import type { Problem } from '../model/index.ts';
import type { Clock } from '../system/index.ts';
import type { Claims } from './claims.ts';
import type { ReplacementDependencies } from './follow.ts';
import { recover } from './recover.ts';

export interface RecoveryDependencies extends ReplacementDependencies {
  readonly clock: Pick<Clock, 'now'>;
  readonly claims: Pick<Claims, 'isReplacing'>;
}

/** Ends interrupted replacements whenever there may be some. */
export interface Recovery {
  /** There may be some: Docker was connected or lost, or a replacement failed. */
  request(): void;
  /** Ends them if that was requested. Rejects if Docker does not answer. Concurrent calls share one run. */
  run(): Promise<void>;
  /** The containers that could not be restored. */
  problems(): readonly Problem[];
}

const AGAIN_MS = 5_000;

/** The first run is requested already: an earlier agent may have been interrupted. */
export function createRecovery(deps: RecoveryDependencies): Recovery {
  const { clock, claims } = deps;
  let dueAtMs = 0;
  let problems: readonly Problem[] = [];
  let running: Promise<void> | null = null;

  const attempt = async (): Promise<void> => {
    dueAtMs = Number.POSITIVE_INFINITY;
    try {
      problems = await recover(deps, claims.isReplacing);
    } catch (error) {
      dueAtMs = 0;
      throw error;
    }
    if (problems.length > 0) dueAtMs = Math.min(dueAtMs, clock.now() + AGAIN_MS);
  };
  return {
    request: () => {
      dueAtMs = 0;
    },
    run: async () => {
      if (clock.now() >= dueAtMs)
        running ??= attempt().finally(() => {
          running = null;
        });
      await running;
    },
    problems: () => problems,
  };
}
