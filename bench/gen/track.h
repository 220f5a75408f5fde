#pragma once
/*
 * What one receive queue has seen of a trial. Frames of a queue arrive one after the other, so
 * nothing here is locked. Plain C for BPF (the writer) and C++ (the reader, and tests).
 */
#include "histogram.h"

/* How far back a frame is recognised as a duplicate; one that comes later counts as reordered. */
#define TRACK_WINDOW 4096

struct track {
  __u64 packets; /* stamped frames, duplicates included */
  __u64 bytes;
  __u64 duplicates;
  __u64 reordered; /* RFC 4737 section 3.3: less than the greatest before it */
  __u64 corrupt;   /* of the sampled ones: a wrong IPv4 header checksum */
  __u64 misrouted; /* with another TTL than a forwarded frame has */
  __u64 other;     /* not of this trial */
  __u64 next;      /* greatest sequence number so far, plus one */
  __u64 delays;
  __u64 delay_sum;
  __u64 delay_min;
  __u64 delay_max;
  __u64 delay_last;
  __u64 jitter16; /* RFC 3550 section 6.4.1, times 16 */
  __u32 seen[TRACK_WINDOW];
  __u64 histogram[HISTOGRAM_BUCKETS];
};

static inline void track_sequence(struct track* track, __u32 sequence) {
  /* Sequence numbers are of 32 bits and wrap in long trials: the nearest one is meant. */
  const __s32 ahead = (__s32)(sequence - (__u32)track->next);
  __u32* slot = &track->seen[sequence & (TRACK_WINDOW - 1)];
  if (ahead >= 0) {
    track->next += (__u64)ahead + 1;
    *slot = sequence + 1;
  } else if (*slot == sequence + 1) {
    track->duplicates++;
  } else {
    track->reordered++;
    if (ahead >= -TRACK_WINDOW) *slot = sequence + 1;
  }
}

static inline void track_delay(struct track* track, __u64 delay) {
  const __u32 bucket = histogram_bucket(delay);
  if (bucket < HISTOGRAM_BUCKETS) track->histogram[bucket]++;
  if (track->delays == 0 || delay < track->delay_min) track->delay_min = delay;
  if (delay > track->delay_max) track->delay_max = delay;
  if (track->delays > 0) {
    const __u64 last = track->delay_last;
    const __u64 change = delay > last ? delay - last : last - delay;
    track->jitter16 += change - ((track->jitter16 + 8) >> 4);
  }
  track->delay_last = delay;
  track->delay_sum += delay;
  track->delays++;
}
