import type { Clock } from '../../system/index.ts';

/** A clock that advances only when the test tells it to. */
export interface FakeClock extends Clock {
  /** Advances the time and wakes sleepers in order. Work that one of them triggers runs before the next one wakes. */
  advance(ms: number): Promise<void>;
  /** Number of current sleepers. */
  sleepers(): number;
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  const sleeping = new Set<Sleeper>();
  let elapsed = 0;
  const advance = async (ms: number): Promise<void> => {
    const end = elapsed + ms;
    for (;;) {
      await settle();
      const next = [...sleeping].sort((a, b) => a.until - b.until)[0];
      if (!next || next.until > end) break;
      elapsed = Math.max(elapsed, next.until);
      sleeping.delete(next);
      next.wake();
    }
    elapsed = end;
    await settle();
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        sleeping.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        until: elapsed + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      sleeping.add(sleeper);
    });
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    sleep,
    advance,
    sleepers: () => sleeping.size,
  };
}

/** Lets resolved promises run their continuations. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
