import { atLeast as atLeastVerdict, type Verdict } from '../support/targets.ts';
import { type Measured, median, type Score } from './rounds.ts';

/** Null if one of the two was not measured. */
export function ratioTarget(
  scores: readonly Score[],
  { of, to, atLeast }: { readonly of: string; readonly to: string; readonly atLeast: number },
): Verdict | null {
  const ratio = ratioOf(
    scores,
    of,
    to,
    (score) => score.saturated,
    ({ perSecond }) => perSecond,
  );
  if (ratio === null) return null;
  return atLeastVerdict(`${of} to ${to}, queries per second`, ratio, atLeast);
}

export function latencyTarget(
  scores: readonly Score[],
  { of, to, atMost }: { readonly of: string; readonly to: string; readonly atMost: number },
): Verdict | null {
  const ratio = ratioOf(
    scores,
    of,
    to,
    (score) => score.steady,
    ({ p99 }) => p99,
  );
  if (ratio === null) return null;
  return {
    what: `${of} to ${to}, p99 at the steady rate`,
    target: `at most ${atMost}`,
    measured: ratio.toFixed(2),
    met: ratio <= atMost,
  };
}

/** The median of the ratios within each round. */
function ratioOf(
  scores: readonly Score[],
  of: string,
  to: string,
  rounds: (score: Score) => readonly Measured[],
  value: (measured: Measured) => number,
): number | null {
  const [above, below] = [of, to].map((name) => scores.find(({ entrant }) => entrant.name === name));
  if (!above || !below) return null;
  const theirs = rounds(below);
  const ratios = rounds(above).flatMap((measured, round) => {
    const beside = theirs[round];
    return beside ? [{ ...measured, perSecond: value(measured) / value(beside) }] : [];
  });
  return ratios.length === 0 ? null : median(ratios, ({ perSecond }) => perSecond);
}
