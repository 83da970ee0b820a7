import type { Problem } from '../model/index.ts';

/** What is to be done, in order, and what cannot or must not be done. */
export interface Plan<Change> {
  readonly changes: readonly Change[];
  /** Conflicts found while planning; the changes that are not part of a conflict go on. */
  readonly problems: readonly Problem[];
}

/** Brings one part of the world to its desired state: read everything, compare purely, change one thing at a time. */
export interface Applier<Desired, Observed, Change> {
  /** Names this applier in logs, status and metrics. */
  readonly name: string;
  /** Reads the world. Rejects when it cannot be read completely: half a picture must not be planned with. */
  observe(desired: Desired, signal: AbortSignal): Promise<Observed>;
  /** Pure. Applying what it gives leaves nothing to plan. */
  plan(desired: Desired, observed: Observed): Plan<Change>;
  /** Makes one change. May be called again after a failure or an abort in the middle. */
  apply(change: Change, signal: AbortSignal): Promise<void>;
  /** One line for logs, dry runs and status. */
  format(change: Change): string;
}

/** Holds deletions back that look like the fault of the source rather than somebody's wish. */
export interface DeletionLimit<Observed, Change> {
  /** Largest share of what we own that one plan may delete, 0 to 1. */
  readonly share: number;
  /** Plans that delete no more than this many are never held back. */
  readonly minimum: number;
  owned(observed: Observed): number;
  deletes(change: Change): boolean;
}
