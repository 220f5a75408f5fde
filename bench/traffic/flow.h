#pragma once
/* The test frame, shared by the BPF programs and the C++ tools: plain C, no library calls. */
#include <linux/types.h>

/* Without the FCS, which a veth does not have. */
#define FRAME_BYTES 64
#define ETHERNET_BYTES 14
#define IPV4_BYTES 20
#define IPV4_TTL (ETHERNET_BYTES + 8)
#define IPV4_PROTOCOL (ETHERNET_BYTES + 9)
#define IPV4_CHECKSUM (ETHERNET_BYTES + 10)
#define IPV4_SOURCE (ETHERNET_BYTES + 12)
#define IPV4_DESTINATION (ETHERNET_BYTES + 16)
#define UDP_SOURCE (ETHERNET_BYTES + IPV4_BYTES)
#define UDP_DESTINATION (UDP_SOURCE + 2)
#define UDP_LENGTH (UDP_SOURCE + 4)
#define PROTOCOL_UDP 17
#define INITIAL_TTL 64
/* The discard service (RFC 863): should a frame ever reach a stack, nobody answers it. */
#define DISCARD_PORT 9
#define MAX_FLOWS 65536

static inline void store16(__u8* at, __u32 value) {
  at[0] = (__u8)(value >> 8);
  at[1] = (__u8)value;
}

static inline __u32 load16(const __u8* at) {
  return ((__u32)at[0] << 8) | at[1];
}

/* One's complement sum of 16-bit words (RFC 1071), folded twice: enough for a 20-byte header. */
static inline __u32 fold_sum(__u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

/* Visits all flows in a scattered order, so that consecutive frames hit distant table entries. */
static inline __u32 flow_at(__u32 index, __u32 mask) {
  return (index * 40503u) & mask;
}

/*
 * Turns the template into flow `flow`: low half of the destination address and source port.
 * `header_sum` is the sum of the IPv4 header with both that half and the checksum zero, so each
 * frame gets its right checksum for one addition.
 */
static inline void write_flow(__u8* frame, __u32 flow, __u32 header_sum) {
  store16(frame + IPV4_DESTINATION + 2, flow);
  store16(frame + UDP_SOURCE, 1024 + (flow & 0x7fff));
  store16(frame + IPV4_CHECKSUM, ~fold_sum(header_sum + flow) & 0xffff);
}
