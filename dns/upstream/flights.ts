import type { Slots } from './slots.ts';

/** Something under way that several may wait for. */
export interface Flight<T> {
  /** Never rejects. */
  readonly result: Promise<T | null>;
  /** Nobody waits for it any more. */
  end(): void;
}

/** Identical questions that are under way are asked once. */
export interface Flights<T> {
  /** The result of what is under way for the key, else of what `launch` starts; null also when the asker has no place. */
  join(key: string, asker: string, launch: () => Flight<T>): Promise<T | null>;
  has(key: string): boolean;
  /** Ends all, with null. */
  close(): void;
}

interface Running<T> extends Flight<T> {
  waiting: number;
}

export function createFlights<T>({ slots }: { readonly slots: Slots }): Flights<T> {
  const running = new Map<string, Running<T>>();

  const start = (key: string, launch: () => Flight<T>): Running<T> => {
    const flight = { ...launch(), waiting: 0 };
    running.set(key, flight);
    void flight.result.then(() => {
      if (running.get(key) === flight) running.delete(key);
    });
    return flight;
  };

  return {
    has: (key) => running.has(key),
    join: (key, asker, launch) => {
      const { promise, resolve } = Promise.withResolvers<T | null>();
      let flight: Running<T> | null = null;
      const free = slots.take(asker, () => leave(null));
      const leave = (result: T | null): void => {
        free?.();
        resolve(result);
        if (flight === null) return;
        flight.waiting -= 1;
        // Else the questions of one who is no longer waited for would pile up.
        if (flight.waiting === 0 && running.get(key) === flight) {
          running.delete(key);
          flight.end();
        }
        flight = null;
      };
      if (free === null) {
        resolve(null);
        return promise;
      }
      flight = running.get(key) ?? start(key, launch);
      flight.waiting += 1;
      void flight.result.then(leave);
      return promise;
    },
    close: () => {
      for (const flight of [...running.values()]) flight.end();
      running.clear();
    },
  };
}
