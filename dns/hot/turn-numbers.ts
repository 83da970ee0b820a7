import { hashText } from './hash.ts';

/** A number for each list that is given in turns, and how often each was given. */
export interface TurnNumbers {
  /** By number: how many answers were given. */
  readonly counts: Uint32Array;
  numberOf(turn: string): number;
}

const NUMBERS = 65_536;

/** `seed`: who is the first to begin; servers that start together do not all begin with the same. */
export function createTurnNumbers(seed: number): TurnNumbers {
  const counts = new Uint32Array(NUMBERS);
  const numbers = new Map<string, number>();
  return {
    counts,
    numberOf: (turn) => {
      const known = numbers.get(turn);
      if (known !== undefined) return known;
      // Whoever still has one of the forgotten numbers shares it from now on: turns are taken less evenly, that is all.
      if (numbers.size >= NUMBERS) numbers.clear();
      const number = numbers.size;
      numbers.set(turn, number);
      counts[number] = hashText(turn) ^ seed;
      return number;
    },
  };
}
