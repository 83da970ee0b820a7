/**
 * Durations from 1 µs to 16 s in two buckets for each doubling, with an error of at most a quarter. The bounds are inclusive
 * upper bounds, as in Prometheus.
 */
export interface Histogram {
  add(micros: number, count: number): void;
  read(): HistogramReport;
}

/** Only buckets that are not empty: `[index, count]`, not cumulated. */
export interface HistogramReport {
  readonly count: number;
  readonly sumMicros: number;
  readonly buckets: readonly (readonly [number, number])[];
}

export const BUCKETS = 48;
const MAX_MICROS = bucketBound(BUCKETS - 1);

export function createHistogram(): Histogram {
  const counts = new Float64Array(BUCKETS);
  let total = 0;
  let sumMicros = 0;
  return {
    add: (micros, count) => {
      const bucket = bucketOf(micros);
      counts[bucket] = (counts[bucket] ?? 0) + count;
      total += count;
      sumMicros += micros * count;
    },
    read: () => ({
      count: total,
      sumMicros: Math.round(sumMicros),
      buckets: [...counts].flatMap((count, bucket) => (count > 0 ? [[bucket, count] as const] : [])),
    }),
  };
}

/** The first bucket with a bound of at least the duration. */
export function bucketOf(micros: number): number {
  if (!(micros > 1)) return 0;
  if (micros >= MAX_MICROS) return BUCKETS - 1;
  // Bounds are inclusive, so a duration that is equal to a bound must not reach the next bucket.
  const below = Math.ceil(micros) - 1;
  const power = 31 - Math.clz32(below);
  const half = power === 0 ? 1 : (below >> (power - 1)) & 1;
  return power * 2 + half;
}

/** In microseconds: 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on. */
export function bucketBound(bucket: number): number {
  if (bucket === 0) return 1;
  const power = bucket >> 1;
  return bucket & 1 ? 2 ** (power + 1) : 1.5 * 2 ** power;
}

/** The bound of the bucket that contains this quantile (`share` 0.99: p99); null if the histogram is empty. */
export function quantileMicros({ count, buckets }: HistogramReport, share: number): number | null {
  let seen = 0;
  for (const [bucket, inBucket] of buckets) {
    seen += inBucket;
    if (seen >= count * share) return bucketBound(bucket);
  }
  return null;
}
