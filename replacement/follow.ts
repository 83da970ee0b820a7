import type Docker from 'dockerode';
import type { Log } from '../system/index.ts';
import { applyStep, type Recipe } from './apply.ts';
import { observeReplacement, type ReplacementKey } from './observe.ts';
import { formatStep, isReplaced, type Replacement, type Step } from './plan.ts';

export interface ReplacementDependencies {
  readonly docker: Docker;
  readonly log: Log;
}

/** The remaining steps. Pure. */
export type Plan = (observed: Replacement) => readonly Step[];

/** Id of the new container, once it was seen in place of the old one. */
export interface Replaced {
  by: string | null;
}

/** Takes the first step of the plan until no step is left. Rejects if a step fails or does not change what is observed. */
export async function follow(
  { docker, log }: ReplacementDependencies,
  key: ReplacementKey,
  plan: Plan,
  { recipe, replaced }: { readonly recipe: Recipe | null; readonly replaced: Replaced },
): Promise<void> {
  for (let previous = ''; ; ) {
    const observed = await observeReplacement(docker, key);
    if (isReplaced(observed)) replaced.by = observed.next?.id ?? null;
    const [step] = plan(observed);
    if (!step) return;
    const text = formatStep(step);
    if (text === previous) throw new Error(`${text}: Docker reported success, but nothing changed`);
    previous = text;
    log.debug({ container: key.own, step: text }, 'replacing a container');
    try {
      await applyStep(docker, step, observed, recipe);
    } catch (error) {
      throw new Error(`${text}: ${messageOf(error)}`, { cause: error });
    }
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
