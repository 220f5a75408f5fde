#pragma once
/*
 * Log-linear buckets, 128 to each power of two: a value is known to 0.8 %, as in an HDR histogram
 * of two significant digits. Plain C for BPF and C++.
 */
#include <linux/types.h>

#define HISTOGRAM_STEPS 128
#define HISTOGRAM_STEP_BITS 7
/* Up to 2^37 ns, two minutes; what is longer goes into the last one. */
#define HISTOGRAM_BUCKETS ((37 - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS)

static inline __u32 histogram_log2(__u64 value) {
  __u32 log = 0;
  if (value >> 32) {
    value >>= 32;
    log += 32;
  }
  if (value >> 16) {
    value >>= 16;
    log += 16;
  }
  if (value >> 8) {
    value >>= 8;
    log += 8;
  }
  if (value >> 4) {
    value >>= 4;
    log += 4;
  }
  if (value >> 2) {
    value >>= 2;
    log += 2;
  }
  return log + (__u32)(value >> 1);
}

static inline __u32 histogram_bucket(__u64 value) {
  if (value < HISTOGRAM_STEPS) return (__u32)value;
  const __u32 shift = histogram_log2(value) - HISTOGRAM_STEP_BITS;
  const __u32 bucket = shift * HISTOGRAM_STEPS + (__u32)(value >> shift);
  return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The least value of a bucket. */
static inline __u64 histogram_floor(__u32 bucket) {
  if (bucket < 2 * HISTOGRAM_STEPS) return bucket;
  const __u32 shift = bucket / HISTOGRAM_STEPS - 1;
  return (__u64)(bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << shift;
}
