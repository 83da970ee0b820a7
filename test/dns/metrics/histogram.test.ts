import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUCKETS, bucketBound, bucketOf, createHistogram, quantileMicros } from '../../../dns/metrics/histogram.ts';

test('bounds double every second bucket, and are inclusive upper bounds', () => {
  expect(Array.from({ length: 10 }, (_, bucket) => bucketBound(bucket))).toEqual([1, 2, 3, 4, 6, 8, 12, 16, 24, 32]);
  expect(bucketBound(BUCKETS - 1)).toBe(16_777_216);
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) expect(bucketOf(bucketBound(bucket))).toBe(bucket);
});

test('every duration is in the first bucket with a large enough bound', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 16_777_216, noNaN: true }), (micros) => {
      const bucket = bucketOf(micros);
      expect(micros).toBeLessThanOrEqual(bucketBound(bucket));
      if (bucket > 0) expect(micros).toBeGreaterThan(bucketBound(bucket - 1));
    }),
    { seed: 1, numRuns: 2_000 },
  );
});

test.each([-5, Number.NaN, 0])('%d counts as the shortest', (micros) => expect(bucketOf(micros)).toBe(0));

test('a minute counts as the longest', () => expect(bucketOf(60e6)).toBe(BUCKETS - 1));

test('reports counts, sums, and quantiles as the bound of a bucket', () => {
  const histogram = createHistogram();
  expect(quantileMicros(histogram.read(), 0.5)).toBeNull();
  histogram.add(5, 98);
  histogram.add(100, 1);
  histogram.add(5_000, 1);
  expect(histogram.read()).toEqual({
    count: 100,
    sumMicros: 5_590,
    buckets: [
      [4, 98],
      [13, 1],
      [24, 1],
    ],
  });
  expect([0.5, 0.98, 0.99, 1].map((share) => quantileMicros(histogram.read(), share))).toEqual([6, 6, 128, 6_144]);
});
