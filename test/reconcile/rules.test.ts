import { expect, test } from 'vitest';
import { splitHeld } from '../../reconcile/deletion-limit.ts';
import { createFailedChanges } from '../../reconcile/failed-changes.ts';
import { createPace } from '../../reconcile/pacing.ts';
import { createReconciler } from '../../reconcile/reconciler.ts';
import { initialStatus, logStatusChange, type ReconcilerStatus } from '../../reconcile/reconciler-status.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createLogLines } from '../support/log-lines.ts';

const deletions = (count: number) => Array.from({ length: count }, (_, n) => `-${n}`);

test.each([
  ['the minimum, of few', { minimum: 2, share: 0.1, owned: 3 }, 2, 0],
  ['one more than the minimum, of few', { minimum: 2, share: 0.1, owned: 3 }, 3, 3],
  ['exactly the share', { minimum: 1, share: 0.5, owned: 8 }, 4, 0],
  ['one more than the share', { minimum: 1, share: 0.5, owned: 8 }, 5, 5],
])('splitHeld() compares deletions with the limit: %s', (_title, { owned, ...limit }, count, held) => {
  const rules = { ...limit, owned: () => owned, deletes: (change: string) => change.startsWith('-') };
  const split = splitHeld(['+x', ...deletions(count)], null, rules, new Set(), (change) => change);
  expect(split.held).toHaveLength(held);
  expect(split.allowed).toEqual(held > 0 ? ['+x'] : ['+x', ...deletions(count)]);
});

test('createPace() allows a change when the oldest one leaves the interval', async () => {
  const clock = createFakeClock();
  const pace = createPace(clock, { changes: 2, intervalMs: 500 });
  pace.count();
  await clock.advance(100);
  expect([pace.available(), pace.nextInMs()]).toEqual([1, null]);
  pace.count();
  await clock.advance(100);
  expect([pace.available(), pace.nextInMs()]).toEqual([0, 300]);
  await clock.advance(300);
  expect([pace.available(), pace.nextInMs()]).toEqual([1, null]);
  pace.count();
  expect(pace.nextInMs()).toBe(100);
});

test('createFailedChanges() waits for each change on its own, and reports the wait of the first that is due', async () => {
  const clock = createFakeClock();
  const retry = { minMs: 100, maxMs: 1000 };
  const failed = createFailedChanges({ clock, random: () => 1 }, { retry, ordered: false });
  const problem = { subject: 's', what: 'w', hint: 'h' };
  expect(failed.nextInMs()).toBeNull();
  failed.add('a', problem);
  await clock.advance(40);
  failed.add('b', { ...problem, what: 'b' });
  expect(failed.nextInMs()).toBe(60);
  await clock.advance(60);
  expect(['a', 'b', 'c'].map(failed.isDue)).toEqual([true, false, true]);
  failed.add('a', problem);
  expect(failed.nextInMs()).toBe(40);
  failed.keep(['a']);
  expect(failed.nextInMs()).toBe(200);
  expect(failed.problems()).toEqual([problem]);
  failed.remove('a');
  expect(failed.problems()).toEqual([]);
});

test('logStatusChange() logs each change of state once', () => {
  const none = initialStatus('routes');
  const problem = { subject: 'r', what: 'busy', hint: 'h' };
  const linesOf = (before: Partial<ReconcilerStatus>, after: Partial<ReconcilerStatus>): readonly string[] => {
    const { log, lines } = createLogLines();
    logStatusChange(log, { ...none, ...before }, { ...none, ...after });
    return lines;
  };
  const other = { ...problem, what: 'gone' };
  expect(linesOf({}, { lastError: problem })).toEqual(['warn reconciling failed']);
  expect(linesOf({ lastError: problem }, { lastError: other })).toEqual(['warn reconciling failed']);
  expect(linesOf({ lastError: problem }, { lastError: { ...problem } })).toEqual([]);
  expect(linesOf({ lastError: problem }, {})).toEqual(['info reconciling works again']);
  expect(linesOf({}, { held: ['-a'] })).toEqual(['warn deletions are held back until they are confirmed']);
  expect(linesOf({ held: ['-a'] }, { held: ['-a', '-b'] })).toEqual([]);
  expect(linesOf({ held: ['-a'] }, {})).toEqual([]);
  expect(linesOf({}, { problems: [problem] })).toEqual(['warn conflict']);
  expect(linesOf({ problems: [problem] }, { problems: [{ ...problem }, other] })).toEqual(['warn conflict']);
  expect(linesOf({ problems: [problem] }, { problems: [{ ...problem, subject: 'x' }] })).toEqual(['warn conflict']);
  expect(linesOf({}, {})).toEqual([]);
});

test('by default changes are applied one at a time, and each is logged', async () => {
  const clock = createFakeClock();
  const { log, lines } = createLogLines();
  const applied: string[] = [];
  const loop = createReconciler<readonly string[], null, string>(
    { clock, log },
    {
      name: 'routes',
      intervalMs: 60_000,
      observe: async () => null,
      plan: (desired) => ({ changes: desired.filter((one) => !applied.includes(one)), problems: [] }),
      apply: async (change) => {
        await clock.sleep(10);
        applied.push(change);
      },
      format: (change) => change,
    },
  );
  const stop = new AbortController();
  const running = loop.run(stop.signal);
  loop.trigger(['a', 'b'], 1);
  await clock.advance(10);
  expect(applied).toEqual(['a']);
  await clock.advance(10);
  expect(applied).toEqual(['a', 'b']);
  expect(lines).toEqual(['info changed', 'info changed']);
  stop.abort();
  await running;
});
