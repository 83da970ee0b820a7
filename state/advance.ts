import type { Environment, HostState, JsonValue, Problem, Snapshot } from '../model/index.ts';
import type { Liveness } from './liveness.ts';
import { emptyPicture, type Picture, type SnapshotDelta } from './picture.ts';

/** A snapshot with what is needed to take it one step further. Immutable. */
export interface State {
  readonly snapshot: Snapshot;
  /** Good raw facts only: of a fact that became malformed, the last good value. */
  readonly picture: Picture;
  /** Every host, also those held dead. */
  readonly hosts: ReadonlyMap<string, HostState>;
  readonly liveness: ReadonlyMap<string, Liveness>;
  /** What was refused and why, until a good value replaces it. */
  readonly rejected: ReadonlyMap<string, Rejected>;
}

export interface Rejected {
  readonly value: JsonValue;
  readonly problem: Problem;
}

export interface Advanced {
  /** The same object when nothing changed. */
  readonly state: State;
  /** Problems of this delta; all that stand are in `state.rejected`. */
  readonly problems: readonly Problem[];
}

export function emptySnapshot(environment: Environment): Snapshot {
  return { revision: 0, environment, hosts: new Map(), declarations: new Map(), complete: false };
}

export function emptyState(environment: Environment): State {
  const none = new Map<string, never>();
  return {
    snapshot: emptySnapshot(environment),
    picture: emptyPicture,
    hosts: none,
    liveness: none,
    rejected: none,
  };
}

/**
 * The next state. A malformed fact is one problem and hurts only itself: the good value before it stays. Unchanged hosts,
 * containers and declarations keep their identity. The revision grows by one, or to `revision` where that is more.
 */
export function advance(_state: State, _delta: SnapshotDelta, _revision = 0): Advanced {
  throw new Error('not there yet');
}
