import { expect, test } from 'vitest';
import { createCoalescer, createLog } from '../../system/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const log = createLog('test', { level: 'silent', format: 'json' });

function setup(run: (atMs: number) => void | Promise<void> = () => {}) {
  const clock = createFakeClock();
  const runs: number[] = [];
  const coalescer = createCoalescer({ clock, log }, { quietMs: 5, maxWaitMs: 50 }, () => {
    runs.push(clock.monotonic());
    return run(clock.monotonic());
  });
  return { clock, runs, coalescer };
}

test('many pokes in a burst are one run, when it is quiet', async () => {
  const { clock, runs, coalescer } = setup();
  for (let n = 0; n < 4; n += 1) {
    coalescer.poke();
    await clock.advance(3);
  }
  await clock.advance(1);
  expect(runs).toEqual([]);
  await clock.advance(100);
  expect(runs).toEqual([14]);
  coalescer.poke();
  await clock.advance(100);
  expect(runs).toEqual([14, 118]);
  await coalescer.close();
  expect(clock.sleepers()).toBe(0);
});

test('a storm that never pauses is run at the longest wait', async () => {
  const { clock, runs, coalescer } = setup();
  for (let at = 0; at < 200; at += 1) {
    coalescer.poke();
    await clock.advance(1);
  }
  expect(runs).toEqual([50, 100, 150, 200]);
  await coalescer.close();
});

test('runs do not overlap; a poke meanwhile leads to another', async () => {
  const gate = Promise.withResolvers<void>();
  const { clock, runs, coalescer } = setup(() => gate.promise);
  coalescer.poke();
  await clock.advance(10);
  coalescer.poke();
  await clock.advance(500);
  expect(runs).toEqual([5]);
  gate.resolve();
  await clock.advance(100);
  expect(runs).toHaveLength(2);
  await coalescer.close();
});

test('a run that throws does not end it', async () => {
  const { clock, runs, coalescer } = setup(() => {
    throw new Error('once more');
  });
  coalescer.poke();
  await clock.advance(10);
  coalescer.poke();
  await clock.advance(10);
  expect(runs).toHaveLength(2);
  await coalescer.close();
});

test('close runs what is pending at once, and nothing after it', async () => {
  const { clock, runs, coalescer } = setup();
  coalescer.poke();
  await coalescer.close();
  expect(runs).toEqual([0]);
  coalescer.poke();
  await coalescer.close();
  await clock.advance(100);
  expect(runs).toEqual([0]);
});
