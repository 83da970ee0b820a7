import { hashText } from './hash.ts';

/** A counter for each list whose records take turns. Scopes share it, and it outlives the entries of a service. */
export interface TurnCounters {
  /** By index: how many replies were given. */
  readonly counts: Uint32Array;
  indexOf(turn: string): number;
}

const COUNTERS = 65_536;

/** `seed` decides which record is first, so that servers that start together do not all begin with the same one. */
export function createTurnCounters(seed: number): TurnCounters {
  const counts = new Uint32Array(COUNTERS);
  const indexes = new Map<string, number>();
  return {
    counts,
    indexOf: (turn) => {
      const known = indexes.get(turn);
      if (known !== undefined) return known;
      // Entries that still use an old index share its counter with a new list: their turns become uneven, nothing else.
      if (indexes.size >= COUNTERS) indexes.clear();
      const index = indexes.size;
      indexes.set(turn, index);
      counts[index] = hashText(turn) ^ seed;
      return index;
    },
  };
}
