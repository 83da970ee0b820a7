import { expect, test } from 'vitest';
import { createRateLimiter } from '../../../../bus/consul/read/rate-limiter.ts';

test('a rate limiter lets a burst pass, then a fixed cost per second', () => {
  const limiter = createRateLimiter({ burst: 10, perSecond: 100 });
  expect([5, 5].map((cost) => limiter.delayMs(cost, 0))).toEqual([0, 0]);
  expect(limiter.delayMs(10, 0)).toBe(100);
  expect(limiter.delayMs(1, 10_000)).toBe(0);
});
