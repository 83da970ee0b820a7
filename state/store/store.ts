import { type FactChanges, type FactMap, type FactTable, factTable } from '../../facts/index.ts';
import type { Environment, HostState, Problem, Snapshot } from '../../model/index.ts';
import { type Clock, createListeners, type Log, systemClock } from '../../system/index.ts';
import type { Mirror } from '../mirror/mirror.ts';
import { createSaver, type Saver } from '../mirror/saver.ts';
import { advance, changesTo, emptyState, type State } from '../snapshot/advance.ts';
import { diffPictures, emptyPicture, type Picture, type SnapshotDelta } from '../snapshot/picture.ts';

export interface StateStoreDependencies {
  /** Null: nothing is kept on disk. */
  readonly mirror: Mirror | null;
  readonly log: Log;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface StateStoreOptions {
  readonly environment: Environment;
  readonly hostId: string;
  /** Default: every kind there is. */
  readonly table?: FactTable;
}

/** The state of all hosts as this host knows it: starts from the disk mirror, then follows changes. */
export interface StateStore {
  readonly environment: Environment;
  readonly hostId: string;
  readonly table: FactTable;
  current(): Snapshot;
  /** The raw facts that `current()` is made of. */
  picture(): Picture;
  /** All hosts, with those that are down and therefore not in `current()`. */
  allHosts(): ReadonlyMap<string, HostState>;
  /** Equal facts are no change and make no new revision. */
  apply(delta: SnapshotDelta): void;
  /** Replaces all facts of one host: facts that are not in the map are removed. */
  replaceHost(hostId: string, facts: FactMap): void;
  /** The changes that lead to exactly these facts of a host, for a delta of several hosts. */
  changesTo(hostId: string, facts: FactMap): FactChanges;
  /** Calls the listener in the same tick after each new revision, and when the state is no longer stale. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
  /** Refused facts, and problems of the disk mirror. */
  problems(): readonly Problem[];
  /** When the facts were saved, while they are from disk only; null after a complete read of the bus. */
  staleSinceMs(): number | null;
  /** Saves pending changes and ends timers; does not close the mirror. Idempotent. */
  close(): Promise<void>;
}

export function createStateStore(
  { mirror, log, clock = systemClock }: StateStoreDependencies,
  { environment, hostId, table = factTable }: StateStoreOptions,
): StateStore {
  const listeners = createListeners<Snapshot>(log);
  const loaded = mirror ? loadState(mirror, emptyState(environment, hostId, table)) : null;
  let state = loaded?.state ?? emptyState(environment, hostId, table);
  let staleSinceMs = loaded?.savedAtMs ?? null;
  const saver: Saver | null = mirror
    ? createSaver({ mirror, clock, log }, () => ({
        environment,
        hostId,
        revision: state.snapshot.revision,
        picture: state.picture,
        savedAtMs: clock.now(),
      }))
    : null;

  const apply = (delta: SnapshotDelta): void => {
    const before = state.picture;
    const advanced = advance(state, delta);
    state = advanced.state;
    const refreshed = delta.complete === true && staleSinceMs !== null;
    if (refreshed) staleSinceMs = null;
    for (const problem of advanced.problems) log.warn({ problem }, 'a fact was refused');
    if (state.picture !== before) saver?.poke();
    if (state.picture !== before || refreshed) listeners.tell(state.snapshot);
  };
  return {
    environment,
    hostId,
    table,
    current: () => state.snapshot,
    picture: () => state.picture,
    allHosts: () => state.hosts,
    apply,
    replaceHost: (id, facts) => {
      apply({ hosts: new Map([[id, changesTo(state, id, facts)]]), documents: new Map() });
    },
    changesTo: (id, facts) => changesTo(state, id, facts),
    subscribe: listeners.add,
    problems: () => [...[...state.rejected.values()].map(({ problem }) => problem), ...(saver?.problems() ?? [])],
    staleSinceMs: () => staleSinceMs,
    close: async () => saver?.close(),
  };
}

/** The saved state, if it is of the same host and environment as the empty one. */
function loadState(mirror: Mirror, empty: State): LoadedState | null {
  const saved = mirror.load();
  if (saved?.environment.name !== empty.snapshot.environment.name || saved.hostId !== empty.hostId) return null;
  const delta = diffPictures(emptyPicture, saved.picture);
  const { state } = delta ? advance(empty, delta, saved.revision) : { state: empty };
  return { state, savedAtMs: saved.savedAtMs };
}

interface LoadedState {
  readonly state: State;
  readonly savedAtMs: number;
}
