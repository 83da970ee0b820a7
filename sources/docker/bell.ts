import type { Clock } from '../../system/index.ts';

/** Something to wait for: a time to pass, or somebody to ring. */
export interface Bell {
  ring(): void;
  /** Resolves at a ring (also one since the last wait) or after `ms`; rejects when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    wait: async (ms, signal) => {
      const over = new AbortController();
      try {
        await Promise.race([rung.promise, clock.sleep(ms, AbortSignal.any([signal, over.signal]))]);
      } finally {
        over.abort();
      }
      signal.throwIfAborted();
      rung = Promise.withResolvers<void>();
    },
  };
}
