import type { Clock } from '../system/index.ts';

/** Requests that wait for a change. */
export interface LongPolls {
  /**
   * Resolves with the first value other than null that `attempt` gives: asked now and at every wake. With null after
   * `maxWaitMs`, on abort and on close.
   */
  wait<T>(attempt: () => T | null, maxWaitMs: number, signal: AbortSignal): Promise<T | null>;
  /** Lets every waiter look again, at once. */
  wake(): void;
  size(): number;
  /** Ends every wait, also those to come. Idempotent. */
  close(): void;
}

export function createLongPolls({ clock }: { readonly clock: Clock }): LongPolls {
  const waiters = new Set<() => void>();
  const closing = new AbortController();

  const wait = async <T>(attempt: () => T | null, maxWaitMs: number, signal: AbortSignal): Promise<T | null> => {
    const first = attempt();
    if (first !== null) return first;
    const done = new AbortController();
    const end = AbortSignal.any([done.signal, closing.signal, signal]);
    let outcome: { readonly value: T } | { readonly error: unknown } | null = null;
    const look = (): void => {
      try {
        const value = attempt();
        if (value === null) return;
        outcome = { value };
      } catch (error) {
        outcome = { error };
      }
      waiters.delete(look);
      done.abort();
    };
    waiters.add(look);
    await clock.sleep(maxWaitMs, end).catch(() => {});
    waiters.delete(look);
    return settle(outcome);
  };

  return {
    wait,
    wake: () => {
      for (const look of [...waiters]) look();
    },
    size: () => waiters.size,
    close: () => closing.abort(),
  };
}

function settle<T>(outcome: { readonly value: T } | { readonly error: unknown } | null): T | null {
  if (outcome === null) return null;
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}
