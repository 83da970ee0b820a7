import type { DeletionLimit } from './applier.ts';

export interface Split<Change> {
  readonly allowed: readonly Change[];
  /** What the other changes would delete, one line for each object. */
  readonly held: readonly string[];
}

/** Takes the changes with unconfirmed deletions out of a plan that would delete more than the limit allows. Pure. */
export function splitHeld<Observed, Change>(
  changes: readonly Change[],
  observed: Observed,
  limit: DeletionLimit<Observed, Change> | undefined,
  confirmed: ReadonlySet<string>,
): Split<Change> {
  if (!limit) return { allowed: changes, held: [] };
  const isUnconfirmed = (line: string) => !confirmed.has(line);
  const count = changes.flatMap((change) => limit.deletions(change)).filter(isUnconfirmed).length;
  const tooMany = count > limit.minimum && count > limit.share * limit.owned(observed);
  if (!tooMany) return { allowed: changes, held: [] };
  const isHeld = (change: Change) => limit.deletions(change).some(isUnconfirmed);
  return {
    allowed: changes.filter((change) => !isHeld(change)),
    held: changes.filter(isHeld).flatMap((change) => limit.deletions(change)),
  };
}
