import type { Problem } from '../model/index.ts';
import { backoffMs, type Clock, type RetrySchedule } from '../system/index.ts';

/** The changes that failed, by their line, each with a backoff of its own. */
export interface FailedChanges {
  add(line: string, problem: Problem): void;
  remove(line: string): void;
  /** Forgets the changes that are no longer planned. */
  keep(lines: readonly string[]): void;
  /** Whether a change may be tried now. */
  isDue(line: string): boolean;
  /** Milliseconds until the next one may be tried; null: none failed. */
  nextInMs(): number | null;
  /** Why each one failed the last time. */
  problems(): readonly Problem[];
}

export interface FailedChangesOptions {
  readonly retry: RetrySchedule;
  /** Whether a later change may have failed because an earlier one did: then all are tried again together. */
  readonly ordered: boolean;
}

interface Failure {
  readonly count: number;
  /** By the monotonic clock. */
  readonly dueAt: number;
  readonly problem: Problem;
}

export function createFailedChanges(
  { clock, random }: { readonly clock: Pick<Clock, 'monotonic'>; readonly random: () => number },
  { retry, ordered }: FailedChangesOptions,
): FailedChanges {
  const failures = new Map<string, Failure>();
  const nextInMs = (): number | null =>
    failures.size === 0 ? null : Math.min(...[...failures.values()].map(({ dueAt }) => dueAt)) - clock.monotonic();
  return {
    add: (line, problem) => {
      const count = (failures.get(line)?.count ?? 0) + 1;
      failures.set(line, { count, problem, dueAt: clock.monotonic() + backoffMs(retry, count, random()) });
    },
    remove: (line) => void failures.delete(line),
    keep: (lines) => {
      const planned = new Set(lines);
      for (const line of failures.keys()) if (!planned.has(line)) failures.delete(line);
    },
    isDue: (line) => {
      const failure = failures.get(line);
      if (!failure) return true;
      return ordered ? (nextInMs() ?? 0) <= 0 : failure.dueAt <= clock.monotonic();
    },
    nextInMs,
    problems: () => [...failures.values()].map(({ problem }) => problem),
  };
}
