import { expect, test } from 'vitest';
import {
  type BudgetRecord,
  type BudgetSettings,
  newBudgetRecord,
  resumeBudget,
  settleBudget,
  spendBudget,
  stoppedProblem,
} from '../../../healthcheck/recreate/restart-budget.ts';

const SETTINGS: BudgetSettings = { minMs: 10, maxMs: 35, steadyMs: 100, maxFailures: 3 };
const T = 1_000;

const spend = (record: BudgetRecord, createdAtMs: number, nowMs: number) =>
  spendBudget(record, { createdAtMs, nowMs }, SETTINGS);

test('the first round has no pause, and all containers of that time belong to it', () => {
  const first = spend(newBudgetRecord, 5, T);
  expect(first).toEqual({ kind: 'go', record: { rounds: 1, roundAtMs: T, failures: 0, failedAtMs: 0 } });
  const record = { rounds: 1, roundAtMs: T, failures: 0, failedAtMs: 0 };
  expect(spend(record, 6, T + 1)).toEqual({ kind: 'go', record });
});

test('a container that was created in the last round waits; the pause doubles up to its limit', () => {
  const waits: number[] = [];
  let record: BudgetRecord = newBudgetRecord;
  let nowMs = T;
  for (let round = 0; round < 5; round += 1) {
    const decision = spend(record, nowMs, nowMs);
    if (decision.kind === 'wait') {
      waits.push(decision.untilMs - record.roundAtMs);
      expect(spend(record, nowMs, decision.untilMs - 1).kind).toBe('wait');
      nowMs = decision.untilMs;
    }
    const begun = spend(record, nowMs, nowMs);
    if (begun.kind !== 'go') throw new Error('no turn after the pause');
    record = begun.record;
    nowMs += 1;
  }
  expect(waits).toEqual([10, 20, 35, 35]);
  expect(record.rounds).toBe(5);
});

test('after a steady time the rounds count from 0 again', () => {
  const record = { rounds: 3, roundAtMs: T, failures: 1, failedAtMs: 0 };
  expect(spend(record, T + 1, T + 35 + 99)).toMatchObject({ record: { rounds: 4 } });
  expect(spend(record, T + 1, T + 35 + 100)).toMatchObject({ record: { rounds: 1, failures: 1 } });
});

test('a clock of another host that is ahead does not extend the pause', () => {
  const record = { rounds: 1, roundAtMs: T + 1_000_000, failures: 0, failedAtMs: 0 };
  expect(spend(record, T + 1_000_001, T)).toEqual({ kind: 'wait', untilMs: T + 10 });
  expect(spend({ ...record, roundAtMs: T - 20 }, T, T).kind).toBe('go');
});

test('new containers in a row that do not become healthy stop the recreation; one that does lets it continue', () => {
  let record = newBudgetRecord;
  for (const outcome of ['failed', 'failed', 'healthy', 'failed', 'failed'] as const) {
    record = settleBudget(record, outcome, T);
    expect(spend(record, 5, T).kind).toBe('go');
  }
  record = settleBudget(record, 'failed', T);
  expect(record.failures).toBe(3);
  expect(spend(record, 5, T).kind).toBe('stopped');
  expect(spend(record, 5, T + 1e9).kind).toBe('stopped');
  expect(spend(settleBudget(record, 'healthy', T), 5, T).kind).toBe('go');
  expect(stoppedProblem('shop/web', 3)).toMatchObject({
    subject: 'service shop/web',
    hint: expect.stringContaining('docker logs'),
  });
});

test('a container of the service that becomes healthy after the last failure lets it continue', () => {
  const stopped = { ...newBudgetRecord, failures: 3, failedAtMs: T };
  for (const healthySinceMs of [null, T - 1, T]) expect(resumeBudget(stopped, healthySinceMs)).toBe(stopped);
  expect(resumeBudget(stopped, T + 1)).toEqual({ ...stopped, failures: 0 });
});
