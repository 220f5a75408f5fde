#pragma once
// Shared by redirect.bpf.c and native/engine: map value layouts and flags. Append only.

#include <linux/types.h>

enum {
  MILLRACE_MAX_PORTS = 1024,
  MILLRACE_QUEUES_PER_PORT = 16,
  MILLRACE_MAX_PREFIXES = 16384,
};

// What the program knows of a port; key of the map is the ifindex.
struct millrace_port {
  __u32 ifindex;    // tells in the direct-mapped table whose entry this is
  __u32 xsk_base;   // first slot of the port's queues in the XSKMAP
  __u32 queues;     // queues with a socket; frames of others go the fallback way
  __u32 fallback;   // XDP_DROP for a pod port, XDP_PASS for a shared uplink
  __u16 shared;     // not 0: take only what is ours, see is_ours()
  __u16 vtep_port;  // UDP port of our VTEP, host byte order; 0 when none
};

struct millrace_prefix4 {
  __u32 length;
  __u8 address[4];
};

struct millrace_prefix6 {
  __u32 length;
  __u8 address[16];
};
