export interface Random {
  /** A whole number from 0, below the limit. */
  below(limit: number): number;
  one<T>(list: readonly T[]): T;
  /** Between `least` and `most` different items, in random order. */
  some<T>(list: readonly T[], least: number, most: number): readonly T[];
}

/** A small seeded generator, so that failures are repeatable (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  return {
    below,
    one: <T>(list: readonly T[]) => list[below(list.length)] as T,
    some: <T>(list: readonly T[], least: number, most: number) => {
      const rest = [...list];
      const count = Math.min(rest.length, least + below(most - least + 1));
      return Array.from({ length: count }, () => rest.splice(below(rest.length), 1)[0] as T);
    },
  };
}
