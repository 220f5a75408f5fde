// VXLAN in the flow lane: which packets may leave a tunnel by it, and the outer headers of those
// that enter one.
#pragma once

#include "flow_hash.h"
#include "lane_checksum.bpf.h"

static __always_inline __u8 lane_traffic_class(void* l2, void* end) {
  struct ethhdr* ethernet = l2;
  __u8* ip = (void*)(ethernet + 1);
  if ((void*)(ip + 2) > end) return 0;
  return ethernet->h_proto == bpf_htons(ETH_P_IP) ? ip[1] : (__u8)(ip[0] << 4 | ip[1] >> 4);
}

// RFC 7348 5: tells inner flows apart, as graph/vxlan_outer.hpp does.
static __always_inline __u16 lane_outer_port(const struct lane_packet* packet) {
  const __u64* addresses = packet->addresses;
  const __u32 hash = lane_is_ip4(packet)
                         ? millrace_flow_hash4(addresses[0], packet->ports, packet->protocol)
                         : millrace_flow_hash6(addresses[0], addresses[1], addresses[2],
                                               addresses[3], packet->ports, packet->protocol);
  return bpf_htons(MILLRACE_FIRST_SOURCE_PORT | (hash & 0x3fff));
}

static __always_inline void lane_fill_outer(void* data, const struct lane_packet* packet,
                                            __u8 traffic_class, int fixed) {
  const __u32 length = packet->length;
  struct iphdr* ip = data + sizeof(struct ethhdr);
  struct udphdr* udp = (void*)(ip + 1);
  ip->tot_len = bpf_htons(length + MILLRACE_LANE_OUTER);
  ip->tos = fixed ? (ip->tos & 0xfc) | (traffic_class & 3) : traffic_class;
  udp->source = lane_outer_port(packet);
  udp->len = bpf_htons(length + MILLRACE_LANE_OUTER - sizeof(*ip));
  const __u32* words = (const void*)ip;
  ip->check = ~lane_fold((__u64)words[0] + words[1] + words[2] + words[3] + words[4]);
}

// VXLAN inside VXLAN. outer: its IP header.
static __always_inline int lane_is_nested(const struct lane_packet* packet, const __u32* outer) {
  const __u16 destination = packet->ports >> 16;
  return packet->protocol == IPPROTO_UDP && destination == (__u16)(outer[5] >> 16);
}

static __always_inline int lane_is_for_us(const void* l2, const struct millrace_port* port) {
  const __u16* words = l2;
  return words[0] == port->mac[0] && words[1] == port->mac[1] && words[2] == port->mac[2];
}

enum { LANE_OUTER_UDP = sizeof(struct ethhdr) + sizeof(struct iphdr) };

// The inner checksum is left to us, and the outer one counts on its completion ("local checksum
// offload", see graph/vxlan_input.cpp). pseudo: sum of the outer pseudo-header.
static __always_inline int lane_counts_on_inner(LANE_CONTEXT* ctx, const struct lane_packet* packet,
                                                __u64 pseudo) {
  const __u16* field = lane_l4_checksum(ctx, packet, MILLRACE_LANE_OUTER);
  if (!field || !lane_is_partial(field, packet)) return 0;
  const __u16 rest = ~*field;
  // From the outer UDP header to the inner transport header: some words of four bytes, and two.
  void* from = (void*)(long)ctx->data + LANE_OUTER_UDP;
  void* end = (void*)(long)ctx->data_end;
  __u64 sum = pseudo + rest;
  const int ip4 = lane_is_ip4(packet);
  if (from + 70 > end && !(ip4 && from + 50 <= end)) return 0;
  if (ip4)
    sum += (__u32)bpf_csum_diff(0, 0, from, 48, 0) + (__u64) * (__u16*)(from + 48);
  else if (from + 70 <= end)
    sum += (__u32)bpf_csum_diff(0, 0, from, 68, 0) + (__u64) * (__u16*)(from + 68);
  return lane_fold(sum) == 0xffff;
}

// Sum of the outer pseudo-header. ip: the outer header; with options there is none in the lane.
static __always_inline __u64 lane_outer_pseudo(const __u32* ip) {
  const struct udphdr* udp = (const void*)(ip + 5);
  return (__u64)ip[3] + ip[4] + bpf_htons(IPPROTO_UDP) + udp->len;
}

// Absent (RFC 7348 5), right, or left to us: as vxlan_input() of the graph has it.
static __always_inline int lane_outer_is_right(LANE_CONTEXT* ctx, const struct lane_packet* packet,
                                               int partial) {
  void* data = (void*)(long)ctx->data;
  const __u32* ip = data + sizeof(struct ethhdr);
  const struct udphdr* udp = data + LANE_OUTER_UDP;
  if ((void*)(udp + 1) > (void*)(long)ctx->data_end) return 0;
  if (udp->check == 0) return 1;
  const __u64 pseudo = lane_outer_pseudo(ip);
  if (partial && (udp->check == lane_fold(pseudo) || lane_counts_on_inner(ctx, packet, pseudo)))
    return 1;
  return lane_fold(pseudo + lane_sum(ctx, LANE_OUTER_UDP)) == 0xffff;
}

// The outer headers are as the loop accepts them without a second look: for us, no options, a
// VNI, no mark of congestion to be passed on (RFC 6040). length: of the frame, of which more may
// lie behind end.
static __always_inline int lane_is_tunnelled(void* data, void* end, __u32 length,
                                             const struct millrace_port* port) {
  struct ethhdr* ethernet = data;
  struct iphdr* ip = (void*)(ethernet + 1);
  struct udphdr* udp = (void*)(ip + 1);
  __u8* vxlan = (void*)(udp + 1);
  if ((void*)(vxlan + 8) > end || ethernet->h_proto != bpf_htons(ETH_P_IP) || *(__u8*)ip != 0x45 ||
      !lane_is_for_us(ethernet, port) || !is_vtep4(ip, end, port))
    return 0;
  return vxlan[0] & 0x08 && !(ip->tos & 1) && lane_header_is_right(ip) &&
         bpf_ntohs(ip->tot_len) + sizeof(*ethernet) == length &&
         bpf_ntohs(udp->len) + sizeof(*ip) == bpf_ntohs(ip->tot_len);
}
