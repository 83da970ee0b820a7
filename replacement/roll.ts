import type Docker from 'dockerode';
import { ok, type Problem, problem, type Result } from '../model/index.ts';
import { type NewImage, type Recipe, readRecipe } from './apply.ts';
import { follow, messageOf, type Plan, type Replaced, type ReplacementDependencies } from './follow.ts';
import { inspectContainer, type ReplacementKey } from './observe.ts';
import { type Inspect, nameOf, obstacleTo } from './obstacles.ts';
import { formatStep, planReplacement, planStartBeside, type Replacement, type Step } from './plan.ts';
import { settle, undo } from './recover.ts';
import { inspectOthers } from './running.ts';
import { obstacleToStartFirst } from './start-first.ts';

export interface RollSettings {
  readonly image: NewImage;
  /** The old container is stopped before the new one is started. */
  readonly stopFirst: boolean;
  /** See `StartFirstOptions`. */
  readonly shareVolumes: boolean;
}

/** What `roll` will do with one container. */
export interface RollPlan {
  readonly key: ReplacementKey;
  /** One line each. */
  readonly steps: readonly string[];
  readonly recipe: Recipe;
  readonly stopFirst: boolean;
}

export interface RollDependencies extends ReplacementDependencies {
  /** Resolves when a new container is ready. Rejects with the reason if it is not ready in time, or when `signal` aborts. */
  readonly whenReady: (id: string, signal: AbortSignal) => Promise<void>;
}

/** Reads a container, and plans its replacement; a problem if it cannot be replaced in this way. Changes nothing. */
export async function planRoll(docker: Docker, id: string, settings: RollSettings): Promise<Result<RollPlan>> {
  const inspect = await inspectContainer(docker, id);
  if (!inspect) return problem(`container ${id}`, 'does not exist any more', 'run the command again');
  const obstacle = await findObstacle(docker, inspect, settings);
  if (obstacle) return { ok: false, problem: obstacle };
  const { stopFirst, image } = settings;
  const recipe = await readRecipe(docker, inspect, image);
  const key = { own: nameOf(inspect), oldId: inspect.Id };
  return ok({ key, recipe, stopFirst, steps: stepsOf(inspect, recipe, stopFirst) });
}

async function findObstacle(
  docker: Docker,
  inspect: Inspect,
  { stopFirst, shareVolumes }: RollSettings,
): Promise<Problem | null> {
  const others = await inspectOthers(docker, inspect.Id);
  return obstacleTo(inspect, others) ?? (stopFirst ? null : obstacleToStartFirst(inspect, others, { shareVolumes }));
}

function stepsOf(inspect: Inspect, { changes }: Recipe, stopFirst: boolean): readonly string[] {
  const own = nameOf(inspect);
  const old = { id: inspect.Id, name: own, isRunning: true, wasStarted: true, networks: [] };
  const before: Replacement = { own, old, next: null, isNameTaken: false };
  const all = planReplacement(before, changes);
  const beside = planStartBeside(before, changes);
  const first = stopFirst ? withoutLastRemove(all) : beside;
  const rest = stopFirst ? all.slice(-1) : all.slice(beside.length - 1).filter(({ kind }) => kind !== 'start');
  return [...first.flatMap(textsOf), WAIT, ...rest.flatMap(textsOf)];
}

const WAIT = 'wait until the new container is ready';

function textsOf(step: Step): readonly string[] {
  return [...(step.kind === 'stop' ? ['wait until the old container has no sessions'] : []), formatStep(step)];
}

/**
 * Replaces one container as planned; the value is the id of the new one. If the new container does not become ready, or `signal`
 * aborts before that, the old one runs as before. After that, the replacement is completed.
 */
export async function roll(deps: RollDependencies, plan: RollPlan, signal: AbortSignal): Promise<Result<string>> {
  const { key } = plan;
  let id: string;
  try {
    id = await start(deps, plan, signal);
    deps.onStep?.(WAIT);
    await deps.whenReady(id, signal);
  } catch (error) {
    return { ok: false, problem: (await undo(deps, key)) ?? failed(key, error) };
  }
  return complete(deps, plan, id);
}

/** Until the new container runs; gives its id. */
async function start(
  deps: RollDependencies,
  { key, recipe, stopFirst }: RollPlan,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const { next } = await follow(
    deps,
    key,
    (observed) => {
      // Between the stop of the old container and the start of the new one, an abort would only make the gap longer.
      if (observed.old?.isRunning) signal.throwIfAborted();
      if (!stopFirst) return planStartBeside(observed, recipe.changes);
      return withoutLastRemove(planReplacement(observed, recipe.changes));
    },
    { recipe, replaced: { by: null } },
  );
  if (!next) throw new Error('the old container was removed by another program');
  return next.id;
}

function withoutLastRemove(steps: readonly Step[]): readonly Step[] {
  return steps.filter(({ kind, ...step }) => !(kind === 'remove' && 'container' in step && step.container === 'old'));
}

/** The new container takes the name; then the old one is stopped and removed. Undone if the new one ends before that. */
async function complete(deps: RollDependencies, { key, recipe }: RollPlan, id: string): Promise<Result<string>> {
  const replaced: Replaced = { by: null };
  const plan: Plan = (observed) => {
    const { old, next } = observed;
    if (old?.isRunning && next && !next.isRunning) throw new NextEndedError('the new container has ended');
    return planReplacement(observed, recipe.changes);
  };
  try {
    await follow(deps, key, plan, { recipe: null, replaced });
    return ok(id);
  } catch (error) {
    const problem = error instanceof NextEndedError ? await undo(deps, key) : await settle(deps, key, replaced);
    if (!problem && replaced.by !== null && !(error instanceof NextEndedError)) return ok(replaced.by);
    return { ok: false, problem: problem ?? failed(key, error) };
  }
}

class NextEndedError extends Error {}

function failed({ own }: ReplacementKey, error: unknown): Problem {
  return {
    subject: `container ${own}`,
    what: `could not be replaced, and runs as before: ${messageOf(error)}`,
    hint: 'fix the cause, then run the command again',
  };
}
