import type { Clock } from './clock.ts';

/** Waits that end early when `wake` is called. A call between two waits ends the next one at once. */
export interface WakeUp {
  wake(): void;
  /** Resolves after a `wake`, after `ms` (null: no limit), or when `signal` aborts. Never rejects. */
  wait(ms: number | null, signal: AbortSignal): Promise<void>;
  /** Waits `ms` even if woken; a `wake` during that time ends the next `wait`. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const FOREVER_MS = 2 ** 31 - 1;

export function createWakeUp(clock: Clock): WakeUp {
  let woken = false;
  let sleeping: AbortController | null = null;
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    clock.sleep(ms, signal).catch(() => {
      // Woken or aborted: either way the caller reads its state again.
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
