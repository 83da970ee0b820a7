import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createSingleFlight } from '../../../sources/docker/containers/single-flight.ts';

test('a caller gets a run that began after its call; waiting callers share one', async () => {
  const ends: (() => void)[] = [];
  let runs = 0;
  const look = createSingleFlight(
    async () => {
      runs += 1;
      const mine = runs;
      await new Promise<void>((resolve) => ends.push(resolve));
      return mine;
    },
    { concurrency: 2 },
  );
  const first = look('a');
  const second = look('a');
  const third = look('a');
  await turn();
  expect(runs).toBe(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await turn();
  ends[1]?.();
  expect(await Promise.all([second, third])).toEqual([2, 2]);
  expect(runs).toBe(2);
});

test('at most `concurrency` keys at once, in the order of the calls; a failure does not stop the others', async () => {
  const began: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const look = createSingleFlight(
    (key) => {
      began.push(key);
      return new Promise<string>((resolve, reject) => {
        ends.set(key, (error) => (error ? reject(error) : resolve(key)));
      });
    },
    { concurrency: 2 },
  );
  const all = ['a', 'b', 'c'].map((key) => look(key).catch((error: Error) => error.message));
  expect(began).toEqual(['a', 'b']);
  ends.get('b')?.(new Error('broken'));
  await turn();
  expect(began).toEqual(['a', 'b', 'c']);
  ends.get('a')?.();
  ends.get('c')?.();
  expect(await Promise.all(all)).toEqual(['a', 'broken', 'c']);
});
