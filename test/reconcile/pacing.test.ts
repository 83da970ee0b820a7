import { expect, test } from 'vitest';
import { createPace } from '../../reconcile/pacing.ts';
import { createFakeClock } from '../support/fake-clock.ts';

test('the pace counts changes within the interval and says when the next one is allowed', async () => {
  const clock = createFakeClock();
  const pace = createPace(clock, { changes: 2, intervalMs: 100 });
  expect([pace.available(), pace.nextInMs()]).toEqual([2, null]);
  pace.count();
  await clock.advance(30);
  expect([pace.available(), pace.nextInMs()]).toEqual([1, null]);
  pace.count();
  await clock.advance(20);
  expect([pace.available(), pace.nextInMs()]).toEqual([0, 50]);
  await clock.advance(49);
  expect([pace.available(), pace.nextInMs()]).toEqual([0, 1]);
  await clock.advance(1);
  expect([pace.available(), pace.nextInMs()]).toEqual([1, null]);
});

test('without pacing, any number of changes is allowed at any time', () => {
  const pace = createPace(createFakeClock(), undefined);
  pace.count();
  expect([pace.available(), pace.nextInMs()]).toEqual([Number.POSITIVE_INFINITY, null]);
});
