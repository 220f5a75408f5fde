#pragma once
// Live-frame transmit, shared by live_transmit.bpf.c and the ring loop: the frames of one call,
// what became of them, and where they go. Each worker has a batch of its own in mapped memory.

#include <linux/types.h>

enum {
  MILLRACE_LIVE_FRAMES = 512,     // in one call at most
  MILLRACE_LIVE_LONGEST = 3328,   // bytes of a frame: what is left of a page, see live_program.cpp
  MILLRACE_LIVE_BYTES = 1 << 19,  // of all frames of a call
  // Bulks of a call: a device gets up to 16 frames at once, so never more than frames.
  MILLRACE_LIVE_BULKS = MILLRACE_LIVE_FRAMES,
};

struct millrace_live_frame {
  __u32 offset;  // in data, at most MILLRACE_LIVE_BYTES
  __u16 length;
  __u16 port;
  __u32 refused;  // by the program or the redirect: no bulk has it
};

// What a device did with frames that it was given together: it takes them in order and refuses the
// rest.
struct millrace_live_bulk {
  __u32 ifindex;
  __u16 sent;
  __u16 refused;
  __s32 error;
};

struct millrace_live {
  // Written by the program.
  __u64 task;     // in whose call it runs
  __u32 cursor;   // frames it has taken
  __u32 refused;  // of them, by the redirect or by a device
  __u32 bulks;
  __u32 held;  // pages that receivers had not freed when the call returned
  struct millrace_live_bulk bulk[MILLRACE_LIVE_BULKS];
  // Written by the worker.
  struct millrace_live_frame frames[MILLRACE_LIVE_FRAMES];
  __u8 data[MILLRACE_LIVE_BYTES + MILLRACE_LIVE_LONGEST];
};
