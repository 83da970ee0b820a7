import type { Problem } from '../../model/index.ts';
import type { Target } from './target.ts';
import type { Tracked, TrackerEvent } from './tracker.ts';

/** Takes what a prober says about a container, and gives what its checks say together. */
export type TakeResult = (containerId: string, event: TrackerEvent) => Tracked['state'];

/** Makes one kind of checks. */
export interface Prober {
  /** Replaces the targets. Gives those that can be checked, by container: the identical object as before if nothing of it has changed. */
  setTargets(targets: readonly Target[]): ReadonlyMap<string, Target>;
  problems(): readonly Problem[];
  /** Works until `signal` aborts. Call once. */
  run(signal: AbortSignal): Promise<void>;
}
