/** Deals a list out in turns: each answer begins with the next one, strictly, whoever asks. */
export interface Turns {
  next<T>(of: string, list: readonly T[]): readonly T[];
}

const MAX_KEPT = 100_000;

export function createTurns(): Turns {
  const counts = new Map<string, number>();
  return {
    next: (of, list) => {
      if (list.length < 2) return list;
      const count = counts.get(of) ?? 0;
      if (counts.size >= MAX_KEPT && !counts.has(of)) counts.clear();
      counts.set(of, (count + 1) % Number.MAX_SAFE_INTEGER);
      const start = count % list.length;
      return [...list.slice(start), ...list.slice(0, start)];
    },
  };
}
