import { formatProblem } from '../../model/index.ts';
import type { Applier } from '../../reconcile/index.ts';

/** One pass of the reconciler: observes, plans and applies all changes. Returns their number. */
export async function applyOnce<Desired, Observed, Change>(
  { observe, plan, apply }: Applier<Desired, Observed, Change>,
  desired: Desired,
): Promise<number> {
  const { signal } = new AbortController();
  const { changes } = plan(desired, await observe(desired, signal));
  for (const change of changes) await apply(change, signal);
  return changes.length;
}

/** The problems and changes of a plan, one line each, without making a change. */
export async function driftOf<Desired, Observed, Change>(
  { observe, plan, format }: Applier<Desired, Observed, Change>,
  desired: Desired,
): Promise<readonly string[]> {
  const { changes, problems } = plan(desired, await observe(desired, new AbortController().signal));
  return [...problems.map(formatProblem), ...changes.map(format)];
}
