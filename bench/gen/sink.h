#pragma once
/* Shared by sink.bpf.c (the writer) and sink.cpp (the reader). */
#include "track.h"

/* Receive queues, or CPUs, that are told apart; more queues are refused. Power of two. */
#define SINK_QUEUES 64
/* One frame in this many has its IPv4 checksum and TTL verified. Power of two. */
#define SINK_SAMPLE 64

/* What a frame of the running trial looks like; user space writes it between trials. */
struct expected {
  __u32 tag;      /* 0: count nothing */
  __u32 before;   /* tag of the trial before: a device may have kept some of its frames */
  __u32 stamp_at; /* offset from the first byte of the frame, as it arrives */
  __u32 l3_at;    /* of the IP header, as it arrives; 0: not looked at */
  __u32 ttl;      /* or hop limit; 0: any */
  __u32 raw;      /* frames carry no stamp: everything that arrives counts */
};
