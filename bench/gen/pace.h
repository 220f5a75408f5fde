#pragma once
/*
 * A token bucket whose depth is what a pause is made up for. Times in nanoseconds, the interval in
 * 1/65536 of them, so that a rate is kept to millionths. Plain C for BPF and C++.
 */
#include <linux/types.h>

/* After a pause at most this many frames come at once: the length of a veth's ring. */
#define PACE_DEPTH 256
/* A longer time between two looks at the clock was not ours: an interrupt, another thread. */
#define PACE_OWN_NS 2000

struct pace {
  __u64 interval; /* 0: as fast as possible */
  __u64 start;    /* of the first frame; 0: not yet */
  __u64 due;      /* of the next frame, since the start, in the unit of the interval */
  __u64 last;     /* when the clock was read */
  __u64 idle;     /* nanoseconds of waiting */
};

/* Whether a frame may go now; counts the time in which none may. */
static inline int pace_allows(struct pace* pace, __u64 now) {
  if (pace->start == 0) pace->start = pace->last = now;
  const __u64 elapsed = (now - pace->start) << 16;
  if (elapsed < pace->due) {
    if (now - pace->last < PACE_OWN_NS) pace->idle += now - pace->last;
    pace->last = now;
    return 0;
  }
  const __u64 depth = PACE_DEPTH * pace->interval;
  if (elapsed - pace->due > depth) pace->due = elapsed - depth;
  pace->due += pace->interval;
  pace->last = now;
  return 1;
}
