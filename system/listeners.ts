import type { Log } from './log.ts';

/** Listeners for a value that changes. One that throws is logged and does not affect the others. */
export interface Listeners<T> {
  /** Gives the function that removes the listener. */
  add(listener: (value: T) => void): () => void;
  /** Calls all listeners, in order; false when one of them threw. */
  tell(value: T): boolean;
}

export function createListeners<T>(log: Log): Listeners<T> {
  // In an object each, so that one function can be added twice.
  const listeners = new Set<{ readonly take: (value: T) => void }>();
  const tellOne = (take: (value: T) => void, value: T): boolean => {
    try {
      take(value);
      return true;
    } catch (error) {
      log.error({ err: error }, 'a listener failed');
      return false;
    }
  };
  return {
    add: (take) => {
      const entry = { take };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    tell: (value) => [...listeners].map(({ take }) => tellOne(take, value)).every((taken) => taken),
  };
}
