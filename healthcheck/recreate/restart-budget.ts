import type { Problem } from '../../model/index.ts';
import { backoffMs } from '../../system/index.ts';

/**
 * How often the containers of a service were recreated lately. In one round each container is recreated at most once; a container that
 * was created in a round and fails again begins the next one.
 */
export interface BudgetRecord {
  /** Rounds in a row; 0: none, or the last one is long ago. */
  readonly rounds: number;
  /** Begin of the last round, in milliseconds since the epoch. */
  readonly roundAtMs: number;
  /** New containers in a row that did not become healthy. */
  readonly failures: number;
  /** Time of the last failure. */
  readonly failedAtMs: number;
}

export interface BudgetSettings {
  /** Pause after the first round; it doubles with each round. */
  readonly minMs: number;
  readonly maxMs: number;
  /** The rounds count from 0 again if this time has passed after a pause. */
  readonly steadyMs: number;
  /** So many new containers in a row that do not become healthy stop the recreation. */
  readonly maxFailures: number;
}

export const defaultBudgetSettings: BudgetSettings = {
  minMs: 10_000,
  maxMs: 300_000,
  steadyMs: 600_000,
  maxFailures: 3,
};

export const newBudgetRecord: BudgetRecord = { rounds: 0, roundAtMs: 0, failures: 0, failedAtMs: 0 };

export type BudgetDecision =
  | { readonly kind: 'go'; readonly record: BudgetRecord }
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'stopped' };

/** Whether a container may be recreated now, and the record after that. Pure. */
export function spendBudget(
  record: BudgetRecord,
  { createdAtMs, nowMs }: { readonly createdAtMs: number; readonly nowMs: number },
  settings: BudgetSettings,
): BudgetDecision {
  const { minMs, maxMs, steadyMs, maxFailures } = settings;
  if (record.failures >= maxFailures) return { kind: 'stopped' };
  const { rounds, roundAtMs } = record;
  const pauseMs = rounds === 0 ? 0 : backoffMs({ minMs, maxMs }, rounds, 1);
  // The clocks of hosts differ: a round that begins in the future does not extend the pause.
  const untilMs = Math.min(roundAtMs, nowMs) + pauseMs;
  if (rounds === 0 || nowMs >= untilMs + steadyMs)
    return { kind: 'go', record: { ...record, rounds: 1, roundAtMs: nowMs } };
  if (createdAtMs < roundAtMs) return { kind: 'go', record };
  if (nowMs < untilMs) return { kind: 'wait', untilMs };
  return { kind: 'go', record: { ...record, rounds: rounds + 1, roundAtMs: nowMs } };
}

/** The record after a new container became healthy, or did not in time. Pure. */
export function settleBudget(record: BudgetRecord, outcome: 'healthy' | 'failed', nowMs: number): BudgetRecord {
  if (outcome === 'healthy') return { ...record, failures: 0 };
  return { ...record, failures: record.failures + 1, failedAtMs: nowMs };
}

/** Failures do not count any more after a container of the service became healthy. Pure. */
export function resumeBudget(record: BudgetRecord, healthySinceMs: number | null): BudgetRecord {
  return (healthySinceMs ?? 0) > record.failedAtMs && record.failures > 0 ? { ...record, failures: 0 } : record;
}

/** The problem of a service whose new containers fail. */
export function stoppedProblem(service: string, failures: number): Problem {
  return {
    subject: `service ${service}`,
    what: `its containers are not recreated any more: the last ${failures} new ones did not become healthy`,
    hint: 'read the log of one (docker logs NAME), and fix the image or the check; Drover continues when one becomes healthy',
  };
}
