import type { Clock } from '../../system/index.ts';
import type { OnGone } from './request.ts';
import { createTimerWheel } from './timer-wheel.ts';

/** Requests that wait for a change. */
export interface LongPolls {
  /**
   * Resolves with the first value other than null that `attempt` gives: asked now and at every wake. With null after
   * `maxWaitMs`, when `onGone` tells, and on close.
   */
  wait<T>(attempt: () => T | null, maxWaitMs: number, onGone: OnGone): Promise<T | null>;
  /** Lets every waiter look again, at once. */
  wake(): void;
  size(): number;
  /** Ends every wait, also those to come. Idempotent. */
  close(): void;
}

interface Waiter {
  look(): void;
  end(): void;
}

/** Ten thousand may wait, so each costs no more than a few closures and a place in a wheel. */
export function createLongPolls({ clock }: { readonly clock: Clock }): LongPolls {
  const waiters = new Set<Waiter>();
  const wheel = createTimerWheel(clock);
  let closed = false;

  return {
    wait: (attempt, maxWaitMs, onGone) => {
      const first = attempt();
      if (first !== null || closed) return Promise.resolve(first);
      const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof attempt>>();
      const leave = (): void => {
        waiters.delete(waiter);
        cancel();
        // A connection outlives its long polls.
        forget();
      };
      const waiter: Waiter = {
        look: () => {
          try {
            const value = attempt();
            if (value === null) return;
            resolve(value);
          } catch (error) {
            reject(error);
          }
          leave();
        },
        end: () => {
          resolve(null);
          leave();
        },
      };
      const cancel = wheel.add(maxWaitMs, waiter.end);
      waiters.add(waiter);
      let forget = (): void => undefined;
      forget = onGone(waiter.end);
      return promise;
    },
    wake: () => {
      for (const waiter of [...waiters]) waiter.look();
    },
    size: () => waiters.size,
    close: () => {
      closed = true;
      for (const waiter of [...waiters]) waiter.end();
      wheel.close();
    },
  };
}
