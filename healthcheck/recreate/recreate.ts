import type Docker from 'dockerode';
import { ok, type Problem, problem, type Result } from '../../model/index.ts';
import { type Log, mapConcurrently } from '../../system/index.ts';
import { applyStep, type Recipe, readRecipe } from './apply.ts';
import { findReplacements, inspectContainer, observeReplacement, type ReplacementKey } from './observe.ts';
import { type Inspect, nameOf, obstacleTo } from './obstacles.ts';
import {
  formatStep,
  isHandedOver,
  isReplaced,
  planReplacement,
  planRestoration,
  type Replacement,
  type Step,
} from './plan.ts';

export interface RecreateDependencies {
  readonly docker: Docker;
  readonly log: Log;
}

/** Id of the new container, once it was seen in place of the old one. */
interface Replaced {
  by: string | null;
}

type Plan = (observed: Replacement) => readonly Step[];

/**
 * Replaces a running container by an equal new one; the value is the id of the new container. After a failure, the old container runs
 * again under its own name. `signal` has an effect until the old container is stopped. Not concurrently for one container.
 */
export async function recreate(deps: RecreateDependencies, id: string, signal: AbortSignal): Promise<Result<string>> {
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

/**
 * Ends the replacements that were interrupted, by a crash of the agent or of Docker: completes those whose new container has its own
 * name already, and undoes the others. Changes only containers with a name that Drover gave. Idempotent.
 */
export async function recover(deps: RecreateDependencies): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const key of await findReplacements(deps.docker)) {
    await complete(deps, key);
    const problem = await settle(deps, key, { by: null });
    if (problem) problems.push(problem);
  }
  return problems;
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

async function inspectOthers(docker: Docker, id: string): Promise<readonly Inspect[]> {
  const others: Inspect[] = [];
  await mapConcurrently(await docker.listContainers(), 8, async ({ Id }) => {
    const found = Id === id ? null : await inspectContainer(docker, Id);
    if (found) others.push(found);
  });
  return others;
}

/** Takes the first step of the plan until no step is left. Rejects if a step fails or does not change what is observed. */
async function follow(
  { docker, log }: RecreateDependencies,
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
    log.debug({ container: key.own, step: text }, 'recreating a container');
    try {
      await applyStep(docker, step, observed, recipe);
    } catch (error) {
      throw new Error(`${text}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Completes a replacement if the old container has handed over. If that fails, the replacement is still to be undone. */
async function complete(deps: RecreateDependencies, key: ReplacementKey): Promise<void> {
  const plan: Plan = (observed) => (isHandedOver(observed) ? planReplacement(observed, NO_CHANGES) : []);
  try {
    await follow(deps, key, plan, { recipe: null, replaced: { by: null } });
  } catch (error) {
    deps.log.warn({ container: key.own, err: error }, 'an interrupted recreation cannot be completed, and is undone');
  }
}

/** Completes a replacement whose new container was started under its own name, or undoes it. */
async function settle(deps: RecreateDependencies, key: ReplacementKey, replaced: Replaced): Promise<Problem | null> {
  const plan: Plan = (observed) =>
    isReplaced(observed) ? planReplacement(observed, NO_CHANGES) : planRestoration(observed);
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

function failed({ own }: ReplacementKey, error: unknown): Problem {
  const what = `could not be recreated, and runs as before: ${messageOf(error)}`;
  return {
    subject: `container ${own}`,
    what,
    hint: 'fix the cause that Docker reports; Drover then retries automatically',
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
