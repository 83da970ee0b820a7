import type { Problem } from '../model/index.ts';

/** The changes to make, in order, and the conflicts that were found. */
export interface Plan<Change> {
  readonly changes: readonly Change[];
  /** Conflicts found while planning. Changes that are not part of a conflict are still made. */
  readonly problems: readonly Problem[];
}

/** Brings one part of the world to its desired state: read everything, compare in a pure function, make the changes. */
export interface Applier<Desired, Observed, Change> {
  /**
   * Largest number of changes made at the same time. Set it only if the changes of a plan do not depend on one another.
   * Absent: one change after the other, in the order of the plan.
   */
  readonly concurrency?: number;
  /** Whether each change needs the ones before it: after one that fails, the others wait for the next pass. Default false. */
  readonly chained?: boolean;
  /** Reads the world. Rejects when it cannot be read completely, because a plan needs the complete picture. */
  observe(desired: Desired, signal: AbortSignal): Promise<Observed>;
  /** Pure. After its changes are applied there is nothing left to plan. */
  plan(desired: Desired, observed: Observed): Plan<Change>;
  /** Makes one change. May be called again after a failure, or after an abort in the middle. */
  apply(change: Change, signal: AbortSignal): Promise<void>;
  /** One line for logs, dry runs and status. Two different changes of a plan have different lines. */
  format(change: Change): string;
}

/** Holds deletions back when a plan deletes so much that the source is more likely wrong than the deletion intended. */
export interface DeletionLimit<Observed, Change> {
  /** Largest share of the owned objects that one plan may delete, 0 to 1. */
  readonly share: number;
  /** Plans that delete no more than this many are never held back. */
  readonly minimum: number;
  owned(observed: Observed): number;
  /** One line for each object that a change deletes, for people to confirm. Empty: it deletes nothing. */
  deletions(change: Change): readonly string[];
}
