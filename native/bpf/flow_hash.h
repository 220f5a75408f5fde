#pragma once
// The hash of a flow, shared by the ring loop and the XDP program: what one of them puts into the
// source port of a tunnel, the other must too, or the underlay takes its packets two ways.
#include <linux/types.h>

enum {
  // Of the range that RFC 7348 5 recommends for source ports, and RFC 6335 leaves to dynamic use.
  MILLRACE_FIRST_SOURCE_PORT = 49152,
};

// Finalizer of MurmurHash3: every input bit changes every output bit.
static inline __u32 millrace_mix(__u64 value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdull;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return (__u32)(value ^ (value >> 33));
}

// Addresses and ports as they are in the packet; ports 0 where it has none.
static inline __u32 millrace_flow_hash4(__u64 addresses, __u32 ports, __u8 protocol) {
  return millrace_mix(addresses ^ ((__u64)millrace_mix(ports + ((__u64)protocol << 32)) << 16));
}

// The source in two words, then the destination.
static inline __u32 millrace_flow_hash6(__u64 source0, __u64 source1, __u64 destination0,
                                        __u64 destination1, __u32 ports, __u8 protocol) {
  const __u64 low = source0 ^ (source1 * 3) ^ protocol;
  const __u64 high = destination0 ^ (destination1 * 3) ^ ports;
  return millrace_mix(millrace_mix(low) + ((__u64)millrace_mix(high) << 32));
}
