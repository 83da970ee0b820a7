import type { Clock } from '../system/index.ts';

/** At most `changes` changes within any `intervalMs`: what a remote API allows. */
export interface Pacing {
  readonly changes: number;
  readonly intervalMs: number;
}

export interface Pace {
  /** How many changes may be made now. */
  available(): number;
  /** Counts a change that is made now. */
  count(): void;
  /** Milliseconds until one more change may be made; null: now. */
  nextInMs(): number | null;
}

/** Without `pacing` everything may be done at once. */
export function createPace(clock: Pick<Clock, 'monotonic'>, pacing: Pacing | undefined): Pace {
  if (!pacing) return { available: () => Number.POSITIVE_INFINITY, count: () => {}, nextInMs: () => null };
  let made: readonly number[] = [];
  const recent = (): readonly number[] => {
    made = made.filter((at) => at + pacing.intervalMs > clock.monotonic());
    return made;
  };
  const available = (): number => Math.max(0, pacing.changes - recent().length);
  return {
    available,
    count: () => {
      made = [...made, clock.monotonic()];
    },
    nextInMs: () => (available() > 0 ? null : (made[0] ?? 0) + pacing.intervalMs - clock.monotonic()),
  };
}
