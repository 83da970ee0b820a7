/** Longer ones are coarsened; each entry is one answer. */
const MAX_LENGTH = 4_096;

/**
 * Who begins the answers, one after the other, round and round: indexes into a list with these weights. Each comes as often as
 * its weight says and as evenly as that allows (5, 1, 1 gives 0 0 0 1 2 0 0 and not five in a row at the start of each
 * round); weight 0 never comes while another is above. Null: all in turn, which needs no schedule.
 */
export function scheduleOf(weights: readonly number[] | null): readonly number[] | null {
  if (!weights || weights.every((weight) => weight === weights[0])) return null;
  const shares = sharesOf(weights);
  const places = shares.flatMap((share, index) =>
    Array.from({ length: share }, (_, at) => ({ index, place: (at + 0.5) / share })),
  );
  return places.sort((a, b) => a.place - b.place || a.index - b.index).map(({ index }) => index);
}

/** The weights in lowest terms; too many places are scaled down, and none above 0 becomes nothing. */
function sharesOf(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const divisor = weights.reduce(commonDivisor, 0);
  if (sum / divisor <= MAX_LENGTH) return weights.map((weight) => weight / divisor);
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.round((weight * MAX_LENGTH) / sum))));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
