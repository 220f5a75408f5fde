#pragma once
/* Shared by sink.bpf.c (the writer) and sink.cpp (the reader). */
#include <linux/types.h>

/* One frame in this many has its IPv4 checksum verified. Power of two. */
#define CHECKSUM_SAMPLE 256

struct sink_counters {
  __u64 packets; /* test frames with the expected TTL */
  __u64 corrupt; /* of the sampled ones, those with a wrong IPv4 checksum */
  __u64 other;   /* everything else that arrived */
};
