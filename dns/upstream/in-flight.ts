import type { Slots } from './slots.ts';

/** A query in flight that several askers may wait for. */
export interface InFlightQuery<T> {
  /** Never rejects. */
  readonly result: Promise<T | null>;
  /** Called when no asker waits any more. */
  end(): void;
}

/** Sends identical queries once while one of them is in flight. */
export interface InFlight<T> {
  /** The result of the query in flight for the key, or of the one `send` starts. Null also if the asker has no free slot. */
  join(key: string, asker: string, send: () => InFlightQuery<T>): Promise<T | null>;
  has(key: string): boolean;
  /** Ends all queries, with null. */
  close(): void;
}

interface Shared<T> extends InFlightQuery<T> {
  waiting: number;
}

export function createInFlight<T>({ slots }: { readonly slots: Slots }): InFlight<T> {
  const queries = new Map<string, Shared<T>>();

  const start = (key: string, send: () => InFlightQuery<T>): Shared<T> => {
    const query = { ...send(), waiting: 0 };
    queries.set(key, query);
    void query.result.then(() => {
      if (queries.get(key) === query) queries.delete(key);
    });
    return query;
  };

  return {
    has: (key) => queries.has(key),
    join: (key, asker, send) => {
      const { promise, resolve } = Promise.withResolvers<T | null>();
      let query: Shared<T> | null = null;
      const free = slots.take(asker, () => leave(null));
      const leave = (result: T | null): void => {
        free?.();
        resolve(result);
        if (query === null) return;
        query.waiting -= 1;
        // Queries of askers that lost their slot would accumulate otherwise.
        if (query.waiting === 0 && queries.get(key) === query) {
          queries.delete(key);
          query.end();
        }
        query = null;
      };
      if (free === null) {
        resolve(null);
        return promise;
      }
      query = queries.get(key) ?? start(key, send);
      query.waiting += 1;
      void query.result.then(leave);
      return promise;
    },
    close: () => {
      for (const query of [...queries.values()]) query.end();
      queries.clear();
    },
  };
}
