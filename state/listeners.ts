import type { Log } from '../system/index.ts';

/** Those who want to be told; one that throws is logged and harms nobody else. */
export interface Listeners<T> {
  /** Gives the function that ends it. */
  add(listener: (value: T) => void): () => void;
  /** Whether all took it. */
  tell(value: T): boolean;
}

export function createListeners<T>(log: Log): Listeners<T> {
  // In an object each, so that one function may be added twice.
  const listeners = new Set<{ readonly take: (value: T) => void }>();
  const tellOne = (take: (value: T) => void, value: T): boolean => {
    try {
      take(value);
      return true;
    } catch (error) {
      log.error({ err: error }, 'a listener of the state failed');
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
