import type Docker from 'dockerode';
import type { Log } from '../system/index.ts';
import { applyStep, type Recipe } from './apply.ts';
import { observeReplacement, type ReplacementKey } from './observe.ts';
import { formatStep, isReplaced, type Replacement, type Step } from './plan.ts';

export interface ReplacementDependencies {
  readonly docker: Docker;
  readonly log: Log;
  /**
   * Resolves when a container has no traffic any more, or after a limit. It is called before a running container is stopped or removed.
   * Absent: nothing is waited for.
   */
  readonly drain?: (id: string) => Promise<void>;
  /** Called before each step. */
  readonly onStep?: (text: string) => void;
}

/** The remaining steps. Pure. */
export type Plan = (observed: Replacement) => readonly Step[];

/** Id of the new container, once it was seen in place of the old one. */
export interface Replaced {
  by: string | null;
}

/** Takes the first step of the plan until no step is left. Rejects if a step fails or does not change what is observed. */
export async function follow(
  deps: ReplacementDependencies,
  key: ReplacementKey,
  plan: Plan,
  { recipe, replaced }: { readonly recipe: Recipe | null; readonly replaced: Replaced },
): Promise<Replacement> {
  const { docker, log } = deps;
  const drained = new Set<string>();
  for (let previous = ''; ; ) {
    const observed = await observeReplacement(docker, key);
    if (isReplaced(observed)) replaced.by = observed.next?.id ?? null;
    const [step] = plan(observed);
    if (!step) return observed;
    const ended = deps.drain ? endedBy(step, observed) : null;
    if (ended !== null && !drained.has(ended)) {
      drained.add(ended);
      await deps.drain?.(ended);
      // The other container may have ended meanwhile.
      continue;
    }
    const text = formatStep(step);
    if (text === previous) throw new Error(`${text}: Docker reported success, but nothing changed`);
    previous = text;
    log.debug({ container: key.own, step: text }, 'replacing a container');
    try {
      deps.onStep?.(text);
      await applyStep(docker, step, observed, recipe);
    } catch (error) {
      throw new Error(`${text}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Id of the running container that a step ends; null: none. */
function endedBy(step: Step, { old, next }: Replacement): string | null {
  if (step.kind !== 'stop' && step.kind !== 'remove') return null;
  const container = step.container === 'old' ? old : next;
  return container?.isRunning ? container.id : null;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
