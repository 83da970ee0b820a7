import type { Log } from '../../../system/index.ts';

/** Counts the reads of values whose parts were missing, because another host was replacing them or they are damaged. */
export interface TornReads {
  /** Whether to read again; false once the attempts are used up. */
  shouldRetry(name: string): boolean;
  /** The value was read whole. */
  clear(name: string): void;
}

const ATTEMPTS = 8;

export function createTornReads(log: Log): TornReads {
  const counts = new Map<string, number>();
  return {
    shouldRetry: (name) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count === ATTEMPTS) log.warn({ name }, 'value in Consul is damaged; keeping the last known value');
      return count < ATTEMPTS;
    },
    clear: (name) => void counts.delete(name),
  };
}
