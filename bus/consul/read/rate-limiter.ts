/** A token bucket: a cost of `burst` may pass at once, and `perSecond` after that. */
export interface RateLimiter {
  /** Takes the cost and gives the milliseconds to wait before going on. */
  delayMs(cost: number, nowMs: number): number;
}

export function createRateLimiter({
  burst,
  perSecond,
}: {
  readonly burst: number;
  readonly perSecond: number;
}): RateLimiter {
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
