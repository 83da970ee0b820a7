import type Docker from 'dockerode';
import { limited } from '../system/index.ts';
import { createOptions, imageReference } from './create-options.ts';
import { type ImageConfig, withImageLabels, withoutImageDefaults } from './image-defaults.ts';
import { type ContainerNetworks, networksOf } from './networks.ts';
import { REQUEST_MS, statusOf } from './observe.ts';
import type { Inspect } from './obstacles.ts';
import type { NetworkChanges, Replacement, Step } from './plan.ts';

/** What the steps need, read before the first one. */
export interface Recipe {
  /** Id of the image of the new container. */
  readonly imageId: string;
  readonly options: Docker.ContainerCreateOptions;
  readonly networks: ContainerNetworks;
  readonly changes: NetworkChanges;
}

const STOP_SECONDS = 10;
/** Docker kills after this time, also a container without a stop timeout (-1). */
const LONGEST_STOP_SECONDS = 600;

/** An image, and the name or id that a container is created from. */
export interface NewImage {
  readonly reference: string;
  readonly id: string;
}

/** `next`: another image; without it, the new container has the image of the old one. Rejects if the image does not exist any more. */
export async function readRecipe(docker: Docker, inspect: Inspect, next?: NewImage): Promise<Recipe> {
  const isSame = next === undefined || next.id === inspect.Image;
  const image: ImageConfig = (await docker.getImage(inspect.Image).inspect()).Config ?? {};
  const reference =
    next?.reference ?? imageReference(inspect, (await findImage(docker, inspect.Config.Image))?.id ?? null);
  const equal = createOptions(inspect, image, reference);
  const networks = networksOf(inspect);
  return {
    imageId: next?.id ?? inspect.Image,
    options: isSame ? equal : withImageLabels(withoutImageDefaults(equal, image), next.id),
    networks,
    changes: {
      connect: networks.others.map(({ name }) => name),
      disconnect: networks.left === null ? [] : [networks.left],
    },
  };
}

/** Null: this host has no such image. */
export async function findImage(docker: Docker, reference: string): Promise<NewImage | null> {
  try {
    return { reference, id: (await docker.getImage(reference).inspect()).Id };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Takes one step. Idempotent: what is done already is not an error. The recipe is null while a replacement is undone. */
export async function applyStep(
  docker: Docker,
  step: Step,
  { old, next }: Replacement,
  recipe: Recipe | null,
): Promise<void> {
  const ask = <T>(call: (abortSignal: AbortSignal) => Promise<T>, timeoutMs = REQUEST_MS) =>
    limited({ timeoutMs, who: 'Docker' }, call);
  switch (step.kind) {
    case 'create':
      return create(docker, required(recipe), step.name);
    case 'connect': {
      const { id, endpoint } = required(required(recipe).networks.others.find(({ name }) => name === step.network));
      const options = { Container: required(next).id, EndpointConfig: endpoint };
      return void (await ask(() => docker.getNetwork(id).connect(options)));
    }
    case 'disconnect':
      return void (await ask(() => docker.getNetwork(step.network).disconnect({ Container: required(next).id })));
    default: {
      const container = docker.getContainer(required(step.container === 'old' ? old : next).id);
      if (step.kind === 'rename')
        return void (await ask((abortSignal) => container.rename({ name: step.name, abortSignal })));
      if (step.kind === 'start')
        return tolerate(
          [304],
          ask((abortSignal) => container.start({ abortSignal })),
        );
      // The volumes belong to the other container as well.
      if (step.kind === 'remove')
        return tolerate(
          [404],
          ask(() => container.remove({ v: false, force: step.container === 'next' })),
        );
      const seconds = stopSeconds(await container.inspect());
      return tolerate(
        [304],
        ask((abortSignal) => container.stop({ t: seconds, abortSignal }), seconds * 1000 + REQUEST_MS),
      );
    }
  }
}

async function create(docker: Docker, { imageId, options }: Recipe, name: string): Promise<void> {
  const call = (abortSignal: AbortSignal) => docker.createContainer({ ...options, name, abortSignal });
  const created = await limited({ timeoutMs: REQUEST_MS, who: 'Docker' }, call);
  const { Image } = await created.inspect();
  // The name of the image was moved to another image in between.
  if (Image !== imageId) throw new Error(`${options.Image} became another image at the same time`);
}

function stopSeconds({ Config }: Inspect): number {
  const { StopTimeout } = Config as { readonly StopTimeout?: number | null };
  const seconds = StopTimeout ?? STOP_SECONDS;
  return seconds < 0 ? LONGEST_STOP_SECONDS : Math.min(seconds, LONGEST_STOP_SECONDS);
}

async function tolerate(statuses: readonly number[], call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!statuses.includes(statusOf(error) ?? 0)) throw error;
  }
}

function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined)
    throw new Error('a container of the replacement was removed by another program');
  return value;
}
