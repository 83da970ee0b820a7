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
