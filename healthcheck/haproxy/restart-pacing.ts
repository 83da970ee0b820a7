/** Restarts of HAProxy until now. Times are monotonic. */
export interface Restarts {
  readonly lastMs: number;
  /** How many in a row came before the slowest check could end. */
  readonly cutShort: number;
}

export const NO_RESTARTS: Restarts = { lastMs: Number.NEGATIVE_INFINITY, cutShort: 0 };

const MIN_GAP_MS = 1_000;
const MAX_GAP_MS = 5_000;
/** HAProxy starts and begins every check within this time. */
const START_MS = 500;
const MAX_CUT_SHORT = 4;

/**
 * When the next restart may come: a second after the last one. A restart ends the checks that are running, and a target that does
 * not answer is only found after its timeout. After some restarts in a row, the next one therefore waits for the slowest check.
 */
export function nextRestartMs({ lastMs, cutShort }: Restarts, longestCheckMs: number): number {
  return lastMs + (cutShort < MAX_CUT_SHORT ? MIN_GAP_MS : fullGapMs(longestCheckMs));
}

export function afterRestart({ lastMs, cutShort }: Restarts, longestCheckMs: number, nowMs: number): Restarts {
  return { lastMs: nowMs, cutShort: nowMs - lastMs < fullGapMs(longestCheckMs) ? cutShort + 1 : 0 };
}

const fullGapMs = (longestCheckMs: number): number =>
  Math.min(MAX_GAP_MS, Math.max(MIN_GAP_MS, longestCheckMs + START_MS));
