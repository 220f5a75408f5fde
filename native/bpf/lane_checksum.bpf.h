// Checksums in the flow lane: those of IPv4 headers, and those that a pod has left to its device.
#pragma once

#include "lane_packet.bpf.h"

// What the program sees of a frame; one at tcx defines it as struct __sk_buff.
#ifndef LANE_CONTEXT
#define LANE_CONTEXT struct xdp_md
#endif

static __always_inline __u32 lane_fold(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (__u32)sum;
}

// RFC 1812 5.2.2: the checksum of the header is right.
static __always_inline int lane_header_is_right(const struct iphdr* ip) {
  const __u32* words = (const void*)ip;
  __u64 sum = (__u64)words[0] + words[1] + words[2] + words[3] + words[4];
  return lane_fold(sum) == 0xffff;
}

// Sum of 16-bit words from an offset to the end of the packet. A function of its own, so that it is
// verified once. Where the rest of less than a block begins is computed from the length again: to
// the verifier all ways through the loops before are then one.
__noinline __u64 lane_sum(LANE_CONTEXT* ctx, __u32 offset) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  void* from = data + (offset & 0x7f);
  const __u64 length = end - from;
  __u64 sum = 0;
  for (int i = 0; i < 7 && from + 512 <= end; ++i, from += 512)
    sum += (__u32)bpf_csum_diff(0, 0, from, 512, 0);
  for (int i = 0; i < 7 && from + 64 <= end; ++i, from += 64)
    sum += (__u32)bpf_csum_diff(0, 0, from, 64, 0);
  from = data + (((offset & 0x7f) + (length & ~63ull)) & 0xfff);
  for (int i = 0; i < 15 && from + 4 <= end; ++i, from += 4) sum += *(__u32*)from;
  if (from + 2 <= end) {
    sum += *(__u16*)from;
    from += 2;
  }
  if (from + 1 <= end) sum += *(__u8*)from;
  return sum;
}

static __always_inline __u64 lane_pseudo(const struct lane_packet* packet, __u32 length) {
  __u64 sum = (__u64)bpf_htons(packet->protocol) + bpf_htons(length);
#pragma unroll
  for (int i = 0; i < 4; ++i)
    sum += (packet->addresses[i] & 0xffffffff) + (packet->addresses[i] >> 32);
  return sum;
}

// Where the L4 checksum is, behind `offset` bytes; null in a packet that ends before it.
static __always_inline __u16* lane_l4_checksum(LANE_CONTEXT* ctx, const struct lane_packet* packet,
                                               __u32 offset) {
  const __u32 at = offset + packet->l4 + (packet->protocol == IPPROTO_TCP ? 16 : 6);
  __u16* field = (void*)(long)ctx->data + (at & 0x7f);
  return (void*)(field + 1) > (void*)(long)ctx->data_end ? 0 : field;
}

// A sum of the pseudo-header alone is a checksum left to us, as graph/checksum_offload.hpp has it.
static __always_inline int lane_is_partial(const __u16* field, const struct lane_packet* packet) {
  const __u32 length = packet->length + sizeof(struct ethhdr) - packet->l4;
  return *field == lane_fold(lane_pseudo(packet, length));
}

static __always_inline void lane_complete(LANE_CONTEXT* ctx, const struct lane_packet* packet,
                                          __u32 offset) {
  __u16* field = lane_l4_checksum(ctx, packet, offset);
  if (!field || !lane_is_partial(field, packet)) return;
  const __u16 checksum = ~lane_fold(lane_sum(ctx, offset + packet->l4));
  field = lane_l4_checksum(ctx, packet, offset);
  if (field) *field = checksum ? checksum : 0xffff;
}
