import type Docker from 'dockerode';
import type { z } from 'zod';
import { limited as limitedCall } from '../../../system/index.ts';
import { EVENT_FILTERS } from './docker-event.ts';
import {
  entryIdSchema,
  type Info,
  type Inspect,
  infoSchema,
  inspectSchema,
  type NetworkInspect,
  networkSchema,
  type Summary,
  summarySchema,
  versionSchema,
} from './schema.ts';

/** Docker's API with parsed answers. Every call ends within its time limit. */
export interface DockerApi {
  readonly version: string;
  info(signal: AbortSignal): Promise<Info>;
  /** All containers, or the one with this id. */
  list(signal: AbortSignal, id?: string): Promise<ContainerList>;
  /** Null: the container does not exist. Waits while Docker starts the container. */
  inspect(id: string, signal: AbortSignal): Promise<Inspect | null>;
  networks(signal: AbortSignal): Promise<readonly NetworkInspect[]>;
  /** With the connected containers, also those that are starting. Null: the network does not exist. */
  network(id: string, signal: AbortSignal): Promise<NetworkInspect | null>;
  /** Bytes of the event stream, from `sinceMs` on; ends with an error when `signal` aborts. */
  events(sinceMs: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Ids of entries that cannot be parsed, so that their containers do not count as removed. */
export interface ContainerList {
  readonly summaries: readonly Summary[];
  readonly unreadableIds: readonly string[];
}

/** The oldest and the newest Engine API this code was tested with. */
export const OLDEST_API = '1.41';
export const NEWEST_API = '1.51';

/** An answer that does not have the form of the API. */
export class NonsenseError extends Error {
  override readonly name = 'NonsenseError';
}

/** An Engine with an unsupported API version. */
export class ApiVersionError extends Error {
  override readonly name = 'ApiVersionError';
}

/** Asks the Engine for its versions and fixes the newest common one, so that a newer Engine answers in the same form. */
export async function connectApi(docker: Docker, timeoutMs: number, signal: AbortSignal): Promise<DockerApi> {
  const answer = await limited(timeoutMs, signal, () => docker.version());
  const version = negotiate(parse(versionSchema, answer, 'GET /version'));
  return createApi(pinned(docker, `v${version}`), version, timeoutMs);
}

/** The newest version that both sides support. */
export function negotiate(engine: z.infer<typeof versionSchema>): string {
  const newest = compareVersions(engine.ApiVersion, NEWEST_API) < 0 ? engine.ApiVersion : NEWEST_API;
  const oldest = engine.MinAPIVersion ?? OLDEST_API;
  if (compareVersions(newest, OLDEST_API) < 0 || compareVersions(newest, oldest) < 0) {
    throw new ApiVersionError(
      `it speaks Engine API ${oldest} to ${engine.ApiVersion}, Drover ${OLDEST_API} to ${NEWEST_API}`,
    );
  }
  return newest;
}

function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

/** A copy that prefixes every path with the version. The caller's object does not change. */
function pinned(docker: Docker, version: string): Docker {
  const modem: object = Object.assign(Object.create(Object.getPrototypeOf(docker.modem)), docker.modem, { version });
  return Object.assign(Object.create(Object.getPrototypeOf(docker)), docker, { modem });
}

function createApi(docker: Docker, version: string, timeoutMs: number): DockerApi {
  return {
    version,
    info: async (signal) => parse(infoSchema, await limited(timeoutMs, signal, () => docker.info()), 'GET /info'),
    list: async (signal, id) => {
      const options = id === undefined ? { all: true } : { all: true, filters: { id: [id] } };
      const answer: unknown = await limited(timeoutMs, signal, (abortSignal) =>
        docker.listContainers({ ...options, abortSignal }),
      );
      return parseContainers(answer);
    },
    inspect: async (id, signal) => {
      const answer = await orNull(
        limited(timeoutMs, signal, (abortSignal) => docker.getContainer(id).inspect({ abortSignal })),
      );
      return answer === null ? null : parse(inspectSchema, answer, `GET /containers/${id.slice(0, 12)}/json`);
    },
    networks: async (signal) => {
      const answer: unknown = await limited(timeoutMs, signal, (abortSignal) => docker.listNetworks({ abortSignal }));
      return parseNetworks(answer);
    },
    network: async (id, signal) => {
      const answer = await orNull(
        limited(timeoutMs, signal, (abortSignal) => inspectNetwork(docker.getNetwork(id), { abortSignal })),
      );
      return answer === null ? null : parse(networkSchema, answer, `GET /networks/${id.slice(0, 12)}`);
    },
    events: async (sinceMs, signal) => {
      const filters = JSON.stringify(EVENT_FILTERS);
      const since = (sinceMs / 1000).toFixed(3);
      // Only the response head has a time limit; the stream continues.
      return headOf(docker, { since, filters }, timeoutMs, signal);
    },
  };
}

async function headOf(
  docker: Docker,
  query: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const opening = docker.getEvents({ ...query, abortSignal: signal } as Docker.GetEventsOptions);
  try {
    return (await limited(timeoutMs, signal, () => opening)) as AsyncIterable<Uint8Array>;
  } catch (error) {
    // If the stream opens after the limit, it is closed.
    opening.then(
      (stream) => (stream as unknown as { destroy(): void }).destroy(),
      () => {},
    );
    throw error;
  }
}

const limited = <T>(
  timeoutMs: number,
  signal: AbortSignal,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> => limitedCall({ timeoutMs, who: 'Docker', signal }, call);

// The types of dockerode omit the options of a network's inspect.
function inspectNetwork(network: Docker.Network, options: { readonly abortSignal: AbortSignal }): Promise<unknown> {
  const inspect = network.inspect as unknown as (options: object) => Promise<unknown>;
  return inspect.call(network, options);
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return null;
    throw error;
  }
}

function parse<S extends z.ZodType>(schema: S, answer: unknown, what: string): z.infer<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new NonsenseError(`${what}: ${issue?.path.join('.') || 'the answer'}: ${issue?.message}`);
}

function parseContainers(answer: unknown): ContainerList {
  const what = 'GET /containers/json';
  if (!Array.isArray(answer)) throw new NonsenseError(`${what}: the answer is not a list`);
  const summaries: Summary[] = [];
  const unreadableIds: string[] = [];
  for (const entry of answer as unknown[]) {
    const parsed = summarySchema.safeParse(entry);
    if (parsed.success) summaries.push(parsed.data);
    else unreadableIds.push(parse(entryIdSchema, entry, what).Id);
  }
  return { summaries, unreadableIds };
}

function parseNetworks(answer: unknown): readonly NetworkInspect[] {
  const what = 'GET /networks';
  if (!Array.isArray(answer)) throw new NonsenseError(`${what}: the answer is not a list`);
  return answer.map((entry) => parse(networkSchema, entry, what));
}
