import { expect, test } from 'vitest';
import { createTimerWheel } from '../../system/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';

test('timers fire once, in order of their time, within a tick after it; those called off never', async () => {
  const clock = createFakeClock();
  const wheel = createTimerWheel(clock);
  const fired: string[] = [];
  const begin = clock.monotonic();
  const add = (name: string, ms: number) => wheel.add(ms, () => fired.push(`${name} ${clock.monotonic() - begin}`));
  add('late', 25_000);
  add('soon', 15);
  add('now', 0);
  const off = add('off', 30);
  await clock.advance(20);
  off();
  off();
  await clock.advance(9_980);
  add('later', 20_480);
  await clock.advance(30_000);
  expect(fired).toEqual(['now 10', 'soon 20', 'late 25000', 'later 30480']);
  await clock.advance(60_000);
  expect(fired.length).toBe(4);
});

test('nothing ticks while nothing waits, nor after the close', async () => {
  const clock = createFakeClock();
  const wheel = createTimerWheel(clock);
  expect(clock.sleepers()).toBe(0);
  let fired = 0;
  wheel.add(5, () => {
    fired += 1;
  });
  expect(clock.sleepers()).toBe(1);
  await clock.advance(10);
  expect([fired, clock.sleepers()]).toEqual([1, 0]);
  wheel.add(5, () => {
    fired += 1;
  });
  wheel.close();
  await clock.advance(1_000);
  expect([fired, clock.sleepers()]).toEqual([1, 0]);
});

test('a timer may add and call off others while it fires', async () => {
  const clock = createFakeClock();
  const wheel = createTimerWheel(clock);
  const fired: string[] = [];
  let off = (): void => undefined;
  wheel.add(10, () => {
    fired.push('first');
    off();
    wheel.add(10, () => fired.push('third'));
  });
  off = wheel.add(10, () => fired.push('second'));
  await clock.advance(100);
  expect(fired).toEqual(['first', 'third']);
});
