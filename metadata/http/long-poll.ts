import { type Clock, createTimerWheel } from '../../system/index.ts';
import type { OnDisconnect } from './request.ts';

/** Requests that wait for a change. */
export interface LongPolls {
  /**
   * Calls `attempt` now and at every wake-up, and resolves with its first result that is not null. Resolves with null
   * after `maxWaitMs`, when the client disconnects, and on close.
   */
  wait<T>(attempt: () => T | null, maxWaitMs: number, onDisconnect: OnDisconnect): Promise<T | null>;
  /** Calls the `attempt` of every waiting request, at once. */
  wake(): void;
  size(): number;
  /** Ends every wait. Later calls of `wait` do not wait. Idempotent. */
  close(): void;
}

interface Waiter {
  look(): void;
  end(): void;
}

/** Ten thousand requests may wait, so each costs only a few closures and a place in the timer wheel. */
export function createLongPolls({ clock }: { readonly clock: Clock }): LongPolls {
  const waiters = new Set<Waiter>();
  const wheel = createTimerWheel(clock);
  let closed = false;

  return {
    wait: (attempt, maxWaitMs, onDisconnect) => {
      const first = attempt();
      if (first !== null || closed) return Promise.resolve(first);
      const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof attempt>>();
      const leave = (): void => {
        waiters.delete(waiter);
        cancel();
        // The connection outlives the long poll, and must not keep its listener.
        removeListener();
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
      let removeListener = (): void => undefined;
      removeListener = onDisconnect(waiter.end);
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
