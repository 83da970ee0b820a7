import type { Problem } from '../model/index.ts';
import type { Log } from '../system/index.ts';

export interface ReconcilerStatus {
  readonly name: string;
  /** Revision of the last desired state that was applied completely, null before the first. */
  readonly lastAppliedRevision: number | null;
  /** Milliseconds since the epoch of the last pass that left nothing to do, null before the first. */
  readonly lastAppliedAtMs: number | null;
  /** The same, monotonic. */
  readonly lastAppliedTickMs: number | null;
  /** Why the last pass did not succeed; null when it did. */
  readonly lastError: Problem | null;
  /** Conflicts that the last plan named. */
  readonly problems: readonly Problem[];
  /** Changes that are planned and not made yet, one line each. */
  readonly pending: readonly string[];
  /** Deletions held back until `confirm()`, one line each. */
  readonly held: readonly string[];
}

export function initialStatus(name: string): ReconcilerStatus {
  const nothing = { lastError: null, problems: [], pending: [], held: [] };
  return { name, lastAppliedRevision: null, lastAppliedAtMs: null, lastAppliedTickMs: null, ...nothing };
}

/** Logs what changed between two statuses. */
export function logStatusChange(log: Log, before: ReconcilerStatus, after: ReconcilerStatus): void {
  const { name, lastError, held } = after;
  if (lastError && lastError.what !== before.lastError?.what)
    log.warn({ applier: name, problem: lastError }, 'reconciling failed');
  if (!lastError && before.lastError) log.info({ applier: name }, 'reconciling works again');
  if (held.length > 0 && before.held.length === 0)
    log.warn({ applier: name, held }, 'deletions are held back until they are confirmed');
  for (const problem of after.problems)
    if (!before.problems.some(({ subject, what }) => subject === problem.subject && what === problem.what))
      log.warn({ applier: name, problem }, 'conflict');
}
