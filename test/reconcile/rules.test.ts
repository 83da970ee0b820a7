import { expect, test } from 'vitest';
import { splitHeld } from '../../reconcile/deletion-limit.ts';
import { createFailedChanges } from '../../reconcile/failed-changes.ts';
import { createReconciler } from '../../reconcile/reconciler.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createLogLines } from '../support/log-lines.ts';

const deletionsOf = (change: string) => change.split(' ').filter((part) => part.startsWith('-'));
const deletions = (count: number) => Array.from({ length: count }, (_, n) => `-${n}`);

test.each([
  ['the minimum, of few', { minimum: 2, share: 0.1, owned: 3 }, 2, 0],
  ['one more than the minimum, of few', { minimum: 2, share: 0.1, owned: 3 }, 3, 3],
  ['exactly the share', { minimum: 1, share: 0.5, owned: 8 }, 4, 0],
  ['one more than the share', { minimum: 1, share: 0.5, owned: 8 }, 5, 5],
])('splitHeld() compares deletions with the limit: %s', (_title, { owned, ...limit }, count, held) => {
  const rules = { ...limit, owned: () => owned, deletions: deletionsOf };
  const split = splitHeld(['+x', ...deletions(count)], null, rules, new Set());
  expect(split.held).toHaveLength(held);
  expect(split.allowed).toEqual(held > 0 ? ['+x'] : ['+x', ...deletions(count)]);
});

test('splitHeld() counts each deletion of a change, and holds the change until all of them are confirmed', () => {
  const limit = { minimum: 2, share: 0.5, owned: () => 6, deletions: deletionsOf };
  const split = (...confirmed: readonly string[]) => splitHeld(['+x', '-0 -1 -2 -3'], null, limit, new Set(confirmed));
  expect(split()).toEqual({ allowed: ['+x'], held: ['-0', '-1', '-2', '-3'] });
  expect(split('-0', '-1', '-2', '-3').held).toEqual([]);
  expect(split('-0').allowed).toHaveLength(2);
  expect(splitHeld(['-0 -1 -2 -3'], null, { ...limit, owned: () => 4 }, new Set(['-0'])).held).toHaveLength(4);
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
