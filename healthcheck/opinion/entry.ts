import { type Damped, type DampingSettings, damp, UNDAMPED } from './damping.ts';
import type { Opinion, Target } from './target.ts';
import { type Thresholds, type Tracked, type TrackerEvent, track, UNTRACKED } from './tracker.ts';

/** A moment, on the wall clock for people and on the monotonic clock for durations. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Everything about one target. */
export interface Entry {
  readonly target: Target;
  readonly tracked: Tracked;
  readonly damped: Damped;
  readonly opinion: Opinion | null;
}

/** `recalled`: the opinion about this start of the container that was published before this process began. */
export function createEntry(target: Target, recalled: Opinion | null): Entry {
  if (recalled === null || recalled.startedAtMs !== target.startedAtMs) {
    return { target, tracked: UNTRACKED, damped: UNDAMPED, opinion: null };
  }
  const state = recalled.up ? 'up' : 'down';
  const tracked = { ...UNTRACKED, state, text: recalled.text } as const;
  return { target, tracked, damped: { ...UNDAMPED, state }, opinion: recalled };
}

/** The same start of the container with another check: the opinion stays until the new check changes it. */
export function retarget(entry: Entry, target: Target): Entry {
  return { ...entry, target, tracked: { ...entry.tracked, passes: 0, failures: 0 } };
}

export function takeEvent(entry: Entry, event: TrackerEvent, settings: DampingSettings, now: Moment): Entry {
  const tracked = track(entry.tracked, event, thresholdsOf(entry.target), now.monotonicMs);
  return believe({ ...entry, tracked }, settings, now);
}

/** Applies the damping, also when a hold-down has ended. The opinion is the identical value unless it changes. */
export function believe(entry: Entry, settings: DampingSettings, now: Moment): Entry {
  const { tracked, opinion } = entry;
  if (tracked.state === 'unknown') return entry;
  const damped = damp(entry.damped, tracked.state, settings, now.monotonicMs);
  const up = damped.state === 'up';
  if (opinion?.up === up) return { ...entry, damped };
  const { startedAtMs } = entry.target;
  const wasUp = up || (opinion?.wasUp ?? false);
  return { ...entry, damped, opinion: { startedAtMs, up, wasUp, sinceMs: now.wallMs, text: tracked.text } };
}

/** Forgets flaps that the checker itself has caused. */
export function forgive(entry: Entry, settings: DampingSettings, now: Moment): Entry {
  return believe({ ...entry, damped: { ...UNDAMPED, state: entry.damped.state } }, settings, now);
}

function thresholdsOf({ check }: Target): Thresholds {
  return { rise: check.healthyThreshold, fall: check.unhealthyThreshold, intervalMs: check.intervalMs };
}
