import { expect, test } from 'vitest';
import { createRefutationHolds } from '../../../bus/liveness/refutation-holds.ts';

test('a hold lasts 10 s after a refutation, and twice as long after each further one, up to 60 s', () => {
  const holds = createRefutationHolds();
  expect(holds.holdMs('a', null, 0)).toBe(0);
  const lengths = [0, 1, 2, 3, 4].map(() => {
    holds.refuted('a', 0, 1_000);
    return holds.holdMs('a', null, 1_000);
  });
  expect(lengths).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
  expect(holds.holdMs('a', null, 60_999)).toBe(1);
  expect(holds.holdMs('a', null, 90_000)).toBe(0);
  expect(holds.holdMs('b', null, 1_000)).toBe(0);
});

test('a packet that arrived after the mark was seen ends the hold, an earlier one does not', () => {
  const holds = createRefutationHolds();
  holds.refuted('a', 5_000, 6_000);
  expect(holds.holdMs('a', 2_000, 7_000)).toBe(9_000);
  expect(holds.holdMs('a', 1_000, 7_000)).toBe(0);
  expect(holds.holdMs('a', null, 7_000)).toBe(0);
  holds.refuted('a', 8_000, 8_000);
  expect(holds.holdMs('a', null, 8_000)).toBe(10_000);
});
