/** Pseudo-random numbers, the same for the same seed (xorshift, 32 bits). */
export interface Random {
  /** At least 0, below the limit. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
  byte(): number;
}

export function createRandom(seed: number): Random {
  let state = seed | 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const below = (limit: number): number => next() % limit;
  return {
    below,
    byte: () => next() & 0xff,
    pick: (list) => {
      const picked = list[below(list.length)];
      if (picked === undefined) throw new Error('there is nothing to pick from');
      return picked;
    },
  };
}
