import type { Problem } from '../model/index.ts';
import { follow, messageOf, type Plan, type Replaced, type ReplacementDependencies } from './follow.ts';
import { findReplacements, type ReplacementKey } from './observe.ts';
import { isHandedOver, isReplaced, planReplacement, planRestoration } from './plan.ts';

/**
 * Ends the replacements that were interrupted, by a crash of the agent or of Docker: completes those whose new container has its own
 * name already, and undoes the others. Changes only containers with a name that Drover gave, and none for which `isInProgress`.
 * Idempotent.
 */
export async function recover(
  deps: ReplacementDependencies,
  isInProgress: (oldId: string) => boolean = () => false,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const key of await findReplacements(deps.docker)) {
    if (isInProgress(key.oldId)) continue;
    await complete(deps, key);
    const problem = await settle(deps, key, { by: null });
    if (problem) problems.push(problem);
  }
  return problems;
}

/** Completes a replacement if the old container has handed over. If that fails, the replacement is still to be undone. */
async function complete(deps: ReplacementDependencies, key: ReplacementKey): Promise<void> {
  const plan: Plan = (observed) => (isHandedOver(observed) ? planReplacement(observed, NO_CHANGES) : []);
  try {
    await follow(deps, key, plan, { recipe: null, replaced: { by: null } });
  } catch (error) {
    deps.log.warn({ container: key.own, err: error }, 'an interrupted replacement cannot be completed, and is undone');
  }
}

/** Completes a replacement whose new container was started under its own name, or undoes it. */
export function settle(
  deps: ReplacementDependencies,
  key: ReplacementKey,
  replaced: Replaced,
): Promise<Problem | null> {
  const plan: Plan = (observed) =>
    isReplaced(observed) ? planReplacement(observed, NO_CHANGES) : planRestoration(observed);
  return end(deps, key, plan, replaced);
}

/** Undoes a replacement, also if the new container has the name of the old one already. */
export function undo(deps: ReplacementDependencies, key: ReplacementKey): Promise<Problem | null> {
  return end(deps, key, planRestoration, { by: null });
}

async function end(
  deps: ReplacementDependencies,
  key: ReplacementKey,
  plan: Plan,
  replaced: Replaced,
): Promise<Problem | null> {
  try {
    await follow(deps, key, plan, { recipe: null, replaced });
    return null;
  } catch (error) {
    const what = `was being replaced, and is not restored yet: ${messageOf(error)}`;
    return { subject: `container ${key.own}`, what, hint: RETRY };
  }
}

const RETRY =
  'fix the cause that Docker reports, and remove any other container of this name; Drover then retries automatically';
const NO_CHANGES = { connect: [], disconnect: [] } as const;
