import type { RetrySchedule } from '../system/index.ts';
import type { Applier, DeletionLimit } from './applier.ts';
import type { Pacing } from './pacing.ts';

/**
 * One thing that this host keeps in a desired state: what it should be, computed from the view, and how to get there.
 * `View` is a parameter because this folder does not know the views.
 */
export interface Component<View, Desired = unknown, Observed = unknown, Change = unknown> {
  /** Names the component in logs, status, metrics and `drover confirm`. */
  readonly name: string;
  /**
   * Pure: what this host should have. Null: there is nothing to do here, or it is not known yet. Equal input gives the
   * identical value; a value that is not identical to the previous one starts a new pass.
   */
  desired(view: View): Desired | null;
  readonly applier: Applier<Desired, Observed, Change>;
  readonly deletionLimit?: DeletionLimit<Observed, Change>;
  /** The world is read again after this long although nothing changed. Default: the driver's. */
  readonly intervalMs?: number | (() => number);
  /**
   * True: somebody calls `recheck` after each change of the world. The loop then compares a new desired state with what it read last, so a
   * change is made sooner. `observe` must have no effects. If it reads too little for a new desired state, `plan` must give a problem.
   * Default false.
   */
  readonly followed?: boolean;
  /** Of each failed change, and of a world that cannot be read. Default: the loop's. */
  readonly retry?: RetrySchedule;
  readonly pacing?: Pacing;
}
