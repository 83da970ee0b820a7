/** How long to wait after the nth failure in a row (from 0): doubles from 0.2 s to 5 s, for ever, spread by `random`. */
export function backoffMs(failures: number, random: number): number {
  return Math.min(5_000, 200 * 2 ** Math.min(failures, 10)) * (0.5 + random / 2);
}

/** Lets through what costs `burst` at once and `perSecond` after; says how long to wait before the next. */
export interface Pace {
  /** Milliseconds until something of this cost may go on; it counts from then. */
  delayMs(cost: number, nowMs: number): number;
}

export function createPace({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }): Pace {
  let left = burst;
  let atMs: number | null = null;
  return {
    delayMs: (cost, nowMs) => {
      left = Math.min(burst, left + ((nowMs - (atMs ?? nowMs)) * perSecond) / 1000) - cost;
      atMs = nowMs;
      return left >= 0 ? 0 : (-left * 1000) / perSecond;
    },
  };
}
