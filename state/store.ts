import type { FactMap } from '../bus/index.ts';
import type { Environment, Problem, Snapshot } from '../model/index.ts';
import type { Clock, Log } from '../system/index.ts';
import type { Mirror } from './mirror.ts';
import type { Picture, SnapshotDelta } from './picture.ts';

export interface StateStoreDependencies {
  /** Null: nothing is kept on disk. */
  readonly mirror: Mirror | null;
  readonly log: Log;
  readonly clock?: Clock;
}

export interface StateStoreOptions {
  readonly environment: Environment;
  readonly hostId: string;
}

/** This host's mirror of the world: starts from disk, then follows what it is told. */
export interface StateStore {
  readonly environment: Environment;
  readonly hostId: string;
  current(): Snapshot;
  /** The raw facts `current()` stands on. */
  picture(): Picture;
  /** Facts equal to those that stand are no change and make no new revision. */
  apply(delta: SnapshotDelta): void;
  /** All facts of one host, newest: what is missing here is removed. */
  replaceHost(hostId: string, facts: FactMap): void;
  /** Called at once, in the same tick, after each new revision; a listener that throws harms nobody else. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void;
  /** What was refused and why, and what is wrong with the disk mirror. */
  problems(): readonly Problem[];
  /** When the facts were last saved, while they are from disk only; null once a complete picture has arrived. */
  staleSinceMs(): number | null;
  /** Saves what is not saved yet, ends timers; does not close the mirror. Idempotent. */
  close(): Promise<void>;
}

export function createStateStore(_dependencies: StateStoreDependencies, _options: StateStoreOptions): StateStore {
  throw new Error('not there yet');
}
