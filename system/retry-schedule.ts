export interface RetrySchedule {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Doubles with each failure in a row; `random` in [0, 1) spreads it over the upper half, so that hosts do not retry in step. */
export function backoffMs({ minMs, maxMs }: RetrySchedule, failures: number, random: number): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (full / 2) * random;
}
