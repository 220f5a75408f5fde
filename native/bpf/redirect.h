#pragma once
// Shared by redirect.bpf.c and native/engine: map value layouts and flags. Append only.

#include <linux/types.h>

enum {
  MILLRACE_MAX_PORTS = 1024,
  MILLRACE_QUEUES_PER_PORT = 16,
  MILLRACE_MAX_PREFIXES = 16384,
  MILLRACE_MAX_VTEPS = 4,
};

// What the program takes from a device.
enum {
  MILLRACE_TAKE_ALL = 0,        // a pod's port, an uplink of a bridged network
  MILLRACE_TAKE_OURS = 1,       // a shared uplink: our VTEP, our prefixes
  MILLRACE_TAKE_DEDICATED = 2,  // an uplink of our own: all but what is for the node itself
};

// A VTEP of ours in the underlay that a port belongs to. Addresses in network byte order, all zero
// when it has none of that family; an unused entry is all zero.
struct millrace_vtep {
  __u32 address4;
  __u16 udp_port;  // host byte order
  __u16 reserved;
  __u32 address6[4];
};

// What the program knows of a port; key of the map is the ifindex.
struct millrace_port {
  __u32 ifindex;   // tells in the direct-mapped table whose entry this is
  __u32 slot;      // the port's number: key of its prefixes, place in the XSKMAP
  __u32 queues;    // queues that may have a socket; frames of others go the fallback way
  __u32 fallback;  // XDP_DROP for a pod port, XDP_PASS for a shared uplink
  __u32 take;      // MILLRACE_TAKE_…
  __u32 lane;      // whether flows may take the flow lane (lane.h)
  struct millrace_vtep vteps[MILLRACE_MAX_VTEPS];
  __u16 mac[4];  // what frames to us are addressed to, as in the frame; the last word is 0
};

// Values of the prefix maps.
enum {
  MILLRACE_PREFIX_OURS = 1,  // for the ring loop
  MILLRACE_PREFIX_NODE = 2,  // an address of the node itself: for its kernel
};

// Keys of the prefix maps: each port has prefixes of its own. length counts the 32 bits of port.
struct millrace_prefix4 {
  __u32 length;
  __u32 port;
  __u8 address[4];
};

struct millrace_prefix6 {
  __u32 length;
  __u32 port;
  __u8 address[16];
};
