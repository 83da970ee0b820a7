import type Docker from 'dockerode';
import { ok, type Problem, problem, type Result } from '../model/index.ts';
import { type Recipe, readRecipe } from './apply.ts';
import { follow, messageOf, type Plan, type Replaced, type ReplacementDependencies } from './follow.ts';
import { inspectContainer, type ReplacementKey } from './observe.ts';
import { nameOf, obstacleTo } from './obstacles.ts';
import { planReplacement, type Replacement } from './plan.ts';
import { settle } from './recover.ts';
import { inspectOthers } from './running.ts';

/**
 * Replaces a running container by an equal new one; the value is the id of the new container. After a failure, the old container runs
 * again under its own name. `signal` has an effect until the old container is stopped. Not concurrently for one container.
 */
export async function recreate(
  deps: ReplacementDependencies,
  id: string,
  signal: AbortSignal,
): Promise<Result<string>> {
  const found = await readPlan(deps.docker, id);
  if (!found.ok) return found;
  const { key, recipe } = found.value;
  const isUntouched = ({ old, own }: Replacement): boolean => old?.isRunning === true && old.name === own;
  const plan: Plan = (observed) => {
    if (isUntouched(observed)) signal.throwIfAborted();
    return planReplacement(observed, recipe.changes);
  };
  const replaced: Replaced = { by: null };
  try {
    await follow(deps, key, plan, { recipe, replaced });
  } catch (error) {
    const problem = await settle(deps, key, replaced);
    if (problem) return { ok: false, problem };
    if (replaced.by === null) {
      signal.throwIfAborted();
      return { ok: false, problem: failed(key, error) };
    }
  }
  if (replaced.by !== null) return ok(replaced.by);
  return problem(`container ${key.own}`, 'was removed while Drover recreated it', 'no action needed');
}

async function readPlan(
  docker: Docker,
  id: string,
): Promise<Result<{ readonly key: ReplacementKey; readonly recipe: Recipe }>> {
  const inspect = await inspectContainer(docker, id);
  if (!inspect) return problem(`container ${id}`, 'does not exist any more', 'no action needed');
  const key = { own: nameOf(inspect), oldId: inspect.Id };
  const obstacle = obstacleTo(inspect, await inspectOthers(docker, inspect.Id));
  if (obstacle) return { ok: false, problem: obstacle };
  try {
    return ok({ key, recipe: await readRecipe(docker, inspect) });
  } catch (error) {
    return { ok: false, problem: failed(key, error) };
  }
}

function failed({ own }: ReplacementKey, error: unknown): Problem {
  const what = `could not be recreated, and runs as before: ${messageOf(error)}`;
  return {
    subject: `container ${own}`,
    what,
    hint: 'fix the cause that Docker reports; Drover then retries automatically',
  };
}
