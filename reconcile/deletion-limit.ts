import type { DeletionLimit } from './applier.ts';

export interface Split<Change> {
  readonly allowed: readonly Change[];
  /** One line each. */
  readonly held: readonly string[];
}

/** Takes the unconfirmed deletions out of a plan that would delete more than the limit allows. Pure. */
export function splitHeld<Observed, Change>(
  changes: readonly Change[],
  observed: Observed,
  limit: DeletionLimit<Observed, Change> | undefined,
  confirmed: ReadonlySet<string>,
  format: (change: Change) => string,
): Split<Change> {
  if (!limit) return { allowed: changes, held: [] };
  const deletions = changes.filter((change) => limit.deletes(change) && !confirmed.has(format(change)));
  const tooMany = deletions.length > limit.minimum && deletions.length > limit.share * limit.owned(observed);
  if (!tooMany) return { allowed: changes, held: [] };
  const held = new Set(deletions);
  return { allowed: changes.filter((change) => !held.has(change)), held: deletions.map(format) };
}
