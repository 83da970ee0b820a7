/** Longer schedules are reduced in resolution. Each entry is one answer. */
const MAX_LENGTH = 4_096;

/**
 * Which element comes first in each answer of one round: indexes into a list with these weights. Each index appears in proportion
 * to its weight, evenly distributed (5, 1, 1 gives 0 0 0 1 2 0 0). Weight 0 never appears if another is above 0. Null: equal
 * weights, which need no schedule.
 */
export function scheduleOf(weights: readonly number[] | null): readonly number[] | null {
  if (!weights || weights.every((weight) => weight === weights[0])) return null;
  const shares = sharesOf(weights);
  const places = shares.flatMap((share, index) =>
    Array.from({ length: share }, (_, at) => ({ index, place: (at + 0.5) / share })),
  );
  return places.sort((a, b) => a.place - b.place || a.index - b.index).map(({ index }) => index);
}

/** The weights in lowest terms, scaled down if the sum is too large. No weight above 0 becomes 0. */
function sharesOf(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const divisor = weights.reduce(commonDivisor, 0);
  if (sum / divisor <= MAX_LENGTH) return weights.map((weight) => weight / divisor);
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.round((weight * MAX_LENGTH) / sum))));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
