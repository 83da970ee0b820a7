import type Docker from 'dockerode';
import type { z } from 'zod';
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

/** What Docker answered, parsed; every call ends within its time limit, whatever the other side does. */
export interface DockerApi {
  readonly version: string;
  info(signal: AbortSignal): Promise<Info>;
  /** All containers, or the one with this id. */
  list(signal: AbortSignal, id?: string): Promise<ContainerList>;
  /** Null: there is no such container (any more). Waits while Docker starts the container. */
  inspect(id: string, signal: AbortSignal): Promise<Inspect | null>;
  networks(signal: AbortSignal): Promise<readonly NetworkInspect[]>;
  /** With the endpoints on it, also of containers that are just being started. Null: there is no such network. */
  network(id: string, signal: AbortSignal): Promise<NetworkInspect | null>;
  /** Bytes of the event stream, from `sinceMs` on; ends with an error when `signal` aborts. */
  events(sinceMs: number, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Entries that cannot be understood exist all the same: they are named, so that nobody takes them for gone. */
export interface ContainerList {
  readonly summaries: readonly Summary[];
  readonly unreadableIds: readonly string[];
}

/** The oldest and the newest Engine API this code was tested with. */
export const OLDEST_API = '1.41';
export const NEWEST_API = '1.51';

/** An answer that is not what the API promises. */
export class NonsenseError extends Error {
  override readonly name = 'NonsenseError';
}

/** An Engine whose API we do not speak. */
export class ApiVersionError extends Error {
  override readonly name = 'ApiVersionError';
}

/** Asks the Engine what it speaks and gives an API pinned to one version, so that a newer Engine means the same by it. */
export async function connectApi(docker: Docker, timeoutMs: number, signal: AbortSignal): Promise<DockerApi> {
  const answer = await limited(timeoutMs, signal, () => docker.version());
  const version = negotiate(parse(versionSchema, answer, 'GET /version'));
  return createApi(pinned(docker, `v${version}`), version, timeoutMs);
}

/** The newest version both sides speak. */
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

/** A copy that prefixes every path with the version; the caller's own object stays as it is. */
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
      // Not limited() as a whole: the stream lives on; only its head must come in time.
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
    // It may still open after the limit: nobody reads it then.
    opening.then(
      (stream) => (stream as unknown as { destroy(): void }).destroy(),
      () => {},
    );
    throw error;
  }
}

/**
 * Ends `call` after `timeoutMs` or when `signal` aborts. The race is needed beside the signal: dockerode leaves a promise
 * open for ever when the connection is cut in the middle of an answer.
 */
async function limited<T>(
  timeoutMs: number,
  signal: AbortSignal,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const end = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const giveUp = (reason: unknown): void => {
    reject(reason);
    end.abort(reason);
  };
  const timer = setTimeout(() => giveUp(new Error(`Docker did not answer within ${timeoutMs} ms`)), timeoutMs);
  const onAbort = (): void => giveUp(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([call(end.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    ended.catch(() => {});
  }
}

// The types of dockerode leave out that a network's inspect takes options too.
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
