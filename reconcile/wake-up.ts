import type { Clock } from '../system/index.ts';

/** Waits that end early when somebody calls `wake`. A wake that comes between two waits is not lost. */
export interface WakeUp {
  wake(): void;
  /** Until woken, or for `ms` (null: without end), or until `signal` aborts. Never rejects. */
  wait(ms: number | null, signal: AbortSignal): Promise<void>;
  /** For `ms` whether woken or not; a wake meanwhile is kept for the next `wait`. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const FOREVER_MS = 2 ** 31 - 1;

export function createWakeUp(clock: Clock): WakeUp {
  let woken = false;
  let sleeping: AbortController | null = null;
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    clock.sleep(ms, signal).catch(() => {
      // Woken or aborted: the caller looks at its state again either way.
    });
  return {
    wake: () => {
      woken = true;
      sleeping?.abort();
    },
    wait: async (ms, signal) => {
      if (!woken) {
        sleeping = new AbortController();
        await sleep(ms ?? FOREVER_MS, AbortSignal.any([signal, sleeping.signal]));
        sleeping = null;
      }
      woken = false;
    },
    pause: sleep,
  };
}
