#pragma once
// The flow lane, shared by the XDP program and the ring loop: flows that the loop has forwarded and
// that the program may forward by itself. A flow is what goes from one address by TCP or UDP to one
// Ethernet address and, of the IP destination, to as many addresses as its scope says. A table of
// buckets with four entries each; a flow may be in either of two. The loop writes entries through
// mapped memory, so that neither side makes a system call.

#include <linux/types.h>

enum {
  MILLRACE_LANE_WAYS = 4,
  MILLRACE_LANE_WORDS = 6,
  // Ethernet, IPv4, UDP and VXLAN headers in front of an inner frame (RFC 7348 5).
  MILLRACE_LANE_OUTER = 50,
  MILLRACE_LANE_NO_SLOT = 0xffff,
  MILLRACE_LANE_LONGEST = 3520,  // bytes of a frame that lane_sum() can sum
  // Packets and bytes (of frames as they came in) are one number, packets above these bits of
  // bytes: one locked addition. Who reads it within seconds has both from the difference.
  MILLRACE_LANE_BYTE_BITS = 36,
  // Packets per tick of the coarse clock that may go through the loop just to confirm their flows:
  // tens of thousands of flows must not do so at once.
  MILLRACE_LANE_CONFIRMS = 4,
};

// Bits of millrace_lane.action.
enum {
  MILLRACE_LANE_ROUTE = 1,        // check the IP header, take one from its TTL, write new addresses
  MILLRACE_LANE_ENCAP = 2,        // put outer headers in front
  MILLRACE_LANE_DECAP = 4,        // take the outer headers off
  MILLRACE_LANE_PARTIAL = 8,      // a local sender may have left the L4 checksum to us
  MILLRACE_LANE_FIXED_DSCP = 16,  // that of the outer header; otherwise that of the inner header
  MILLRACE_LANE_OUTER_PARTIAL = 32,  // as PARTIAL, of the outer UDP checksum
};

// What the way of a flow depends on beside its source, from the widest: a bridge asks for no IP
// destination, a router for as much of it as its routes tell apart, equal-cost paths for all of it
// with protocol and ports. A key has no more of a packet than that, so that tens of thousands of
// destinations behind one route are one flow.
enum {
  MILLRACE_LANE_ANYWHERE,
  MILLRACE_LANE_BLOCK16,  // IPv4 only
  MILLRACE_LANE_BLOCK24,  // IPv4 only
  MILLRACE_LANE_ADDRESS,
  MILLRACE_LANE_PORTS,
  MILLRACE_LANE_SCOPES,
};

// The second word of a key, from the low bits: ports as in the packet (32), the port it came in by
// (16), protocol (8), then IP version (4), MILLRACE_LANE_TUNNELLED when the packet was found inside
// VXLAN, and its scope (3). Ports and protocol are 0 but in scope MILLRACE_LANE_PORTS.
enum {
  MILLRACE_LANE_IP4 = 4,
  MILLRACE_LANE_IP6 = 6,
  MILLRACE_LANE_TUNNELLED = 0x10,
  MILLRACE_LANE_SLOT_SHIFT = 32,
  MILLRACE_LANE_PROTOCOL_SHIFT = 48,
  MILLRACE_LANE_KIND_SHIFT = 56,
  MILLRACE_LANE_SCOPE_SHIFT = 61,
};

// Tells most of the time which entry of a bucket has a flow, if any: with tens of thousands of
// flows each entry that is looked at in vain costs a walk of the page table. 0: a free place.
struct millrace_lane_tags {
  __u32 tag[MILLRACE_LANE_WAYS];
};

// Two cache lines.
struct millrace_lane {
  __u32 version;     // odd while it is written
  __u32 generation;  // valid while it is that of the state
  // IPv4: source and destination are word 0. IPv6: source in words 0 and 3, destination in 4 and 5.
  // Word 2: the last four bytes of the Ethernet destination, as they are, and above them the VNI
  // and its reserved byte, which is 0.
  __u64 key[MILLRACE_LANE_WORDS];
  __u16 out;      // number of the port it leaves by
  __u16 longest;  // IP packet, in bytes; a longer one is the loop's business
  __u8 action;    // MILLRACE_LANE_…
  __u8 reserved1[3];

  __u8 match[12];      // the Ethernet addresses it must have
  __u8 ethernet[12];   // those it gets
  __u64 passed;        // packets and bytes, counted by the program
  __u64 confirm_at;    // from here on one packet goes through the loop (CLOCK_MONOTONIC, ns)
  __u64 dead_at;       // from here on all do: the loop has not confirmed the flow
  __u32 outer_source;  // decapsulation: what the outer header must have, in network byte order
  __u32 outer_destination;
  __u16 tunnel;  // number of the VNI's port; MILLRACE_LANE_NO_SLOT without a tunnel
  __u16 reserved2[3];
};

// What a flow that enters a tunnel gets in front: lengths, TOS, source port and checksum are filled
// in. In a table of its own, at the same place as the flow, so that others share fewer pages.
struct millrace_lane_outer {
  __u8 bytes[MILLRACE_LANE_OUTER];
  __u8 reserved[14];
};

// One for the whole table.
struct millrace_lane_state {
  __u64 seed;
  __u32 generation;
  __u32 mask;        // buckets - 1
  __u32 open;        // 0: nothing is looked up
  __u32 devices[2];  // ids of the maps that flows are redirected through
  __u32 netns;       // inode of the network namespace that the ports are in
  __u32 scopes;      // a bit for each that there may be flows of
  __u32 confirmed;   // packets that have gone through the loop just for it in this tick
  __u64 tick;        // of the coarse clock, ns
};

// A port that packets may leave by; key is its number.
struct millrace_lane_target {
  __u32 usable;  // the loop may send flows to it
  __u32 reserved;
  __u64 drops;  // frames that the device did not take
};

static inline __u64 millrace_lane_mix(__u64 hash, __u64 word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
  return hash ^ (hash >> 32);
}

// The first bucket is in the low bits, the second in the high half; the tag is made of both.
static inline __u64 millrace_lane_hash(__u64 seed, const __u64* key) {
  __u64 hash =
      millrace_lane_mix(millrace_lane_mix(millrace_lane_mix(seed, key[0]), key[1]), key[2]);
  if ((key[1] >> MILLRACE_LANE_KIND_SHIFT & 0xf) == MILLRACE_LANE_IP6)
    hash = millrace_lane_mix(millrace_lane_mix(millrace_lane_mix(hash, key[3]), key[4]), key[5]);
  return hash * 0xd6e8feb86659fd93ull;
}

static inline __u32 millrace_lane_tag(__u64 hash) {
  return (__u32)(hash >> 16) | 1;
}

static inline __u32 millrace_lane_scope(const __u64* key) {
  return (__u32)(key[1] >> MILLRACE_LANE_SCOPE_SHIFT);
}

// Takes out of a key with all of a packet but protocol and ports what its scope leaves open.
static inline void millrace_lane_narrow(__u64* key, __u32 scope) {
  key[1] |= (__u64)scope << MILLRACE_LANE_SCOPE_SHIFT;
  if (scope >= MILLRACE_LANE_ADDRESS) return;
  // The destination is in network byte order: its first bytes are the low ones.
  const __u64 bits = scope == MILLRACE_LANE_BLOCK24   ? 0xffffff
                     : scope == MILLRACE_LANE_BLOCK16 ? 0xffff
                                                      : 0;
  if ((key[1] >> MILLRACE_LANE_KIND_SHIFT & 0xf) == MILLRACE_LANE_IP4)
    key[0] &= 0xffffffff | bits << 32;
  else
    key[4] = key[5] = 0;
}
