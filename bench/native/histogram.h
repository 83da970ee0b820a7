// Latencies in nanoseconds, log-linear: 64 steps a power of two, so that each value is known to 1.6 %.
#pragma once
#include <stdint.h>
#include <string.h>

enum { HISTOGRAM_STEPS = 64, HISTOGRAM_BITS = 6, HISTOGRAM_SIZE = 2560 };

struct histogram {
  uint64_t counts[HISTOGRAM_SIZE];
  uint64_t total, max;
};

static inline int histogram_bucket(uint64_t value) {
  if (value < HISTOGRAM_STEPS) return (int)value;
  int power = 63 - __builtin_clzll(value);
  int step = (int)(value >> (power - HISTOGRAM_BITS)) & (HISTOGRAM_STEPS - 1);
  int bucket = (power - HISTOGRAM_BITS + 1) * HISTOGRAM_STEPS + step;
  return bucket < HISTOGRAM_SIZE ? bucket : HISTOGRAM_SIZE - 1;
}

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
  histogram->counts[histogram_bucket(value)]++;
  histogram->total++;
  if (value > histogram->max) histogram->max = value;
}

// The middle of a bucket, in microseconds.
static inline double histogram_value(int bucket) {
  if (bucket < HISTOGRAM_STEPS) return bucket / 1e3;
  int power = bucket / HISTOGRAM_STEPS + HISTOGRAM_BITS - 1;
  uint64_t width = 1ull << (power - HISTOGRAM_BITS);
  return ((1ull << power) + (uint64_t)(bucket % HISTOGRAM_STEPS) * width + width / 2) / 1e3;
}

// The value that `share` of all lie below, in microseconds; 0 without values.
static inline double histogram_at(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * histogram->total), seen = 0;
  for (int bucket = 0; bucket < HISTOGRAM_SIZE; bucket++) {
    seen += histogram->counts[bucket];
    if (seen > wanted) return histogram_value(bucket);
  }
  return histogram->max / 1e3;
}
