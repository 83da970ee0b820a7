import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

export interface CoalesceOptions {
  /** Default 5 ms. */
  readonly quietMs?: number;
  /** Default 50 ms. */
  readonly maxWaitMs?: number;
}

/** Combines many requests for a run into few runs. */
export interface Coalescer {
  poke(): void;
  /** Runs what is pending at once and stops; later pokes do nothing. Idempotent. */
  close(): Promise<void>;
}

/**
 * Calls `run` when no poke has come for `quietMs`, at the latest `maxWaitMs` after the first poke. Runs never overlap; a poke
 * during a run leads to another run. A failed run is logged, and later pokes run again.
 */
export function createCoalescer(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { quietMs = 5, maxWaitMs = 50 }: CoalesceOptions,
  run: () => void | Promise<void>,
): Coalescer {
  const closed = new AbortController();
  let pending = false;
  let lastPoke = 0;
  let working: Promise<void> | null = null;

  const untilQuiet = async (): Promise<void> => {
    const latest = clock.monotonic() + maxWaitMs;
    for (;;) {
      const waitMs = Math.min(lastPoke + quietMs, latest) - clock.monotonic();
      if (waitMs <= 0 || closed.signal.aborted) return;
      await clock.sleep(waitMs, closed.signal).catch(() => {});
    }
  };
  const work = async (): Promise<void> => {
    while (pending) {
      await untilQuiet();
      pending = false;
      try {
        await run();
      } catch (error) {
        log.error({ err: error }, 'coalesced run failed');
      }
    }
    working = null;
  };
  return {
    poke: () => {
      if (closed.signal.aborted) return;
      lastPoke = clock.monotonic();
      pending = true;
      working ??= work();
    },
    close: async () => {
      closed.abort();
      await working;
    },
  };
}
