import { expect, test } from 'vitest';
import { afterRestart, NO_RESTARTS, nextRestartMs } from '../../../healthcheck/haproxy/restart-pacing.ts';

/** The times of restarts that are all wanted at once. */
function storm(count: number, longestCheckMs: number): readonly number[] {
  let restarts = NO_RESTARTS;
  let nowMs = 0;
  return Array.from({ length: count }, () => {
    nowMs = Math.max(nowMs, nextRestartMs(restarts, longestCheckMs));
    restarts = afterRestart(restarts, longestCheckMs, nowMs);
    return nowMs;
  });
}

test('the first restart comes at once, the others a second after the one before', () => {
  expect(storm(4, 200)).toEqual([0, 1_000, 2_000, 3_000]);
  expect(storm(10, 200).at(-1)).toBe(9_000);
});

test('after some restarts in a row, one waits for the slowest check', () => {
  expect(storm(8, 2_000)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 6_500, 7_500, 8_500]);
  expect(storm(6, 600_000).at(-1)).toBe(9_000);
});
