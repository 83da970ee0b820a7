import type Docker from 'dockerode';
import { nameOfNext, nameOfOld, parseReplacementName } from '../model/index.ts';
import { limited } from '../system/index.ts';
import { type Inspect, nameOf } from './obstacles.ts';
import type { ObservedContainer, Replacement } from './plan.ts';

/** The container that is or was replaced. */
export interface ReplacementKey {
  readonly own: string;
  /** Full or short id. */
  readonly oldId: string;
}

/** Of requests that Docker answers at once. */
export const REQUEST_MS = 30_000;

/** What Docker shows of a replacement. */
export async function observeReplacement(docker: Docker, { own, oldId }: ReplacementKey): Promise<Replacement> {
  const [found, replacing, named] = await Promise.all(
    [oldId, nameOfNext(own, oldId), own].map((nameOrId) => inspectContainer(docker, nameOrId)),
  );
  const old = found?.Id.startsWith(oldId) ? found : null;
  const other = named && named.Id !== old?.Id ? named : null;
  const isOurs = other !== null && old !== null && nameOf(old) === nameOfOld(own, other.Id);
  const next = replacing ?? (isOurs ? other : null);
  const isNameTaken = other !== null && !isOurs;
  return { own, old: old && observed(old), next: next && observed(next), isNameTaken };
}

/** The replacements that were begun and did not end, by the names of the containers. */
export async function findReplacements(docker: Docker): Promise<readonly ReplacementKey[]> {
  const containers = await limited({ timeoutMs: REQUEST_MS, who: 'Docker' }, (abortSignal) =>
    docker.listContainers({ all: true, abortSignal }),
  );
  const keys = new Map<string, ReplacementKey>();
  for (const { Id, Names } of containers) {
    for (const name of Names) {
      const parsed = parseReplacementName(name.slice(1));
      // Docker also lists the aliases that linked containers have for it: `/web/db`.
      if (!parsed || parsed.own.includes('/')) continue;
      const oldId =
        parsed.role === 'old'
          ? Id
          : (containers.find((one) => one.Id.startsWith(parsed.otherId))?.Id ?? parsed.otherId);
      keys.set(`${parsed.own} ${oldId}`, { own: parsed.own, oldId });
    }
  }
  return [...keys.values()];
}

/** Null: the container does not exist. */
export async function inspectContainer(docker: Docker, nameOrId: string): Promise<Inspect | null> {
  try {
    return await limited({ timeoutMs: REQUEST_MS, who: 'Docker' }, (abortSignal) =>
      docker.getContainer(nameOrId).inspect({ abortSignal }),
    );
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

export function statusOf(error: unknown): number | undefined {
  return (error as { readonly statusCode?: number }).statusCode;
}

function observed(inspect: Inspect): ObservedContainer {
  const { Id, State, NetworkSettings } = inspect;
  return {
    id: Id,
    name: nameOf(inspect),
    isRunning: State.Running,
    wasStarted: Date.parse(State.StartedAt) > 0,
    networks: Object.entries(NetworkSettings.Networks).flatMap(([name, { NetworkID }]) => [name, NetworkID]),
  };
}
