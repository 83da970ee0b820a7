import type { Reduce, Reduction } from '../../facts/index.ts';
import type { JsonValue, Problem, Snapshot } from '../../model/index.ts';
import { createListeners, type Listeners, type Log } from '../../system/index.ts';
import { readMirror } from '../mirror/mirror.ts';
import { advance, emptyState, type State } from '../snapshot/advance.ts';
import { diffPictures, emptyPicture, type Picture } from '../snapshot/picture.ts';
import type { ServerMessage } from './wire.ts';

export interface FeedState {
  readonly snapshot: Snapshot;
  /** The host this feed belongs to. */
  readonly hostId: string;
}

export interface FeedStatus {
  /** Whether the agent is connected and its whole state has arrived. */
  readonly connected: boolean;
  /**
   * Since when the snapshot may be outdated (milliseconds since the epoch): the agent is not running, or has itself only the
   * state saved on disk. Null while it is current, or when there is none.
   */
  readonly staleSinceMs: number | null;
  /** The last applied revision of the agent, null before the first. */
  readonly revision: number | null;
}

/** The state that a process has reached, and the listeners for it. */
export interface FeedPosition {
  readonly listeners: Listeners<FeedState>;
  readonly statusListeners: Listeners<FeedStatus>;
  state(): State | null;
  status(): FeedStatus;
  problems(): readonly Problem[];
  /** Advances to `next`; false when a subscriber failed. */
  reach(next: State, commit: Extract<ServerMessage, { readonly type: 'commit' }>): boolean;
  /** The connection to the agent is lost. */
  lose(atMs: number): void;
}

/** Starts with the reduced facts of the disk mirror, if there is one. */
export function createPosition(
  { log, reduce }: { readonly log: Log; readonly reduce: Reduction },
  mirrorPath: string | null,
): FeedPosition {
  const listeners = createListeners<FeedState>(log);
  const statusListeners = createListeners<FeedStatus>(log);
  const start = mirrorPath === null ? noStart : fromMirror(mirrorPath, reduce);
  let { state } = start;
  let status: FeedStatus = { connected: false, staleSinceMs: start.savedAtMs, revision: null };

  const setStatus = (next: FeedStatus): void => {
    const told = next.connected !== status.connected || next.staleSinceMs !== status.staleSinceMs;
    status = next;
    if (told) statusListeners.tell(status);
  };
  return {
    listeners,
    statusListeners,
    state: () => state,
    status: () => status,
    problems: () => [
      ...[...(state?.rejected.values() ?? [])].map(({ problem }) => problem),
      ...(start.problem && !status.connected ? [start.problem] : []),
    ],
    reach: (next, { revision, complete, staleSinceMs }) => {
      const changed = next.snapshot !== state?.snapshot;
      state = next;
      if (!status.connected) log.info({ revision }, 'connected to the agent');
      // An agent with less than this state is treated like no agent.
      const waits = next.picture.complete && !complete;
      setStatus({ connected: true, staleSinceMs: waits ? status.staleSinceMs : staleSinceMs, revision });
      return !changed || listeners.tell({ snapshot: next.snapshot, hostId: next.hostId });
    },
    lose: (atMs) => setStatus({ ...status, connected: false, staleSinceMs: status.staleSinceMs ?? (state && atMs) }),
  };
}

interface Start {
  readonly state: State | null;
  readonly savedAtMs: number | null;
  readonly problem: Problem | null;
}

const noStart: Start = { state: null, savedAtMs: null, problem: null };

function fromMirror(path: string, reduce: Reduction): Start {
  const { saved, problem } = readMirror(path);
  if (!saved) return { ...noStart, problem };
  const empty = emptyState(saved.environment, saved.hostId);
  const delta = diffPictures(emptyPicture, reduced(saved.picture, reduce));
  const state = delta ? advance(empty, delta, saved.revision).state : empty;
  return { state, savedAtMs: saved.savedAtMs, problem: null };
}

function reduced(picture: Picture, reduce: Reduction): Picture {
  const hosts = [...picture.hosts].map(([hostId, facts]) => [hostId, reducedValues(facts, reduce.fact)] as const);
  return { ...picture, hosts: new Map(hosts), documents: reducedValues(picture.documents, reduce.document) };
}

function reducedValues(values: ReadonlyMap<string, JsonValue>, reduce: Reduce): ReadonlyMap<string, JsonValue> {
  const kept = [...values].flatMap(([key, value]) => {
    const reduced = reduce(key, value);
    return reduced === undefined ? [] : [[key, reduced] as const];
  });
  return new Map(kept);
}
