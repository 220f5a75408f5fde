// What the flow lane reads of a packet, and the key of its flow.
#pragma once

#include "lane.h"

struct lane_packet {
  // IPv4: source and destination are the first word. IPv6: the source, then the destination.
  __u64 addresses[4];
  __u64 kind;  // word 1 of its keys, without a scope
  __u64 link;  // word 2
  __u32 ports;
  __u32 l4;      // offset from the (inner) Ethernet header
  __u32 length;  // of the IP packet
  __u8 protocol;
};

static __always_inline int lane_is_ip4(const struct lane_packet* packet) {
  return (packet->kind >> MILLRACE_LANE_KIND_SHIFT & 0xf) == MILLRACE_LANE_IP4;
}

static __always_inline void lane_key(const struct lane_packet* packet, __u32 scope, __u64* key) {
  key[0] = packet->addresses[0];
  key[1] = packet->kind;
  key[2] = packet->link;
  key[3] = packet->addresses[1];
  key[4] = packet->addresses[2];
  key[5] = packet->addresses[3];
  millrace_lane_narrow(key, scope);
  if (scope == MILLRACE_LANE_PORTS)
    key[1] |= packet->ports | (__u64)packet->protocol << MILLRACE_LANE_PROTOCOL_SHIFT;
}

static __always_inline void lane_set_kind(struct lane_packet* packet, __u32 slot, __u8 kind) {
  packet->kind = (__u64)slot << MILLRACE_LANE_SLOT_SHIFT | (__u64)kind << MILLRACE_LANE_KIND_SHIFT;
}

static __always_inline int lane_has_ports(__u8 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

static __always_inline int lane_parse4(void* l3, void* end, struct lane_packet* packet, __u32 slot,
                                       __u8 tunnelled) {
  struct iphdr* ip = l3;
  __u32* ports = (void*)(ip + 1);
  if ((void*)(ports + 1) > end || *(__u8*)l3 != 0x45 || ip->frag_off & bpf_htons(0x3fff)) return 0;
  if (!lane_has_ports(ip->protocol)) return 0;
  packet->addresses[0] = (__u64)ip->saddr | (__u64)ip->daddr << 32;
  lane_set_kind(packet, slot, MILLRACE_LANE_IP4 | tunnelled);
  packet->ports = *ports;
  packet->protocol = ip->protocol;
  packet->l4 = sizeof(struct ethhdr) + sizeof(*ip);
  packet->length = bpf_ntohs(ip->tot_len);
  return 1;
}

static __always_inline int lane_parse6(void* l3, void* end, struct lane_packet* packet, __u32 slot,
                                       __u8 tunnelled) {
  struct ipv6hdr* ip = l3;
  __u32* ports = (void*)(ip + 1);
  if ((void*)(ports + 1) > end || ip->version != 6 || !lane_has_ports(ip->nexthdr)) return 0;
  __builtin_memcpy(&packet->addresses[0], &ip->saddr.s6_addr32[0], 8);
  __builtin_memcpy(&packet->addresses[1], &ip->saddr.s6_addr32[2], 8);
  __builtin_memcpy(&packet->addresses[2], &ip->daddr.s6_addr32[0], 8);
  __builtin_memcpy(&packet->addresses[3], &ip->daddr.s6_addr32[2], 8);
  lane_set_kind(packet, slot, MILLRACE_LANE_IP6 | tunnelled);
  packet->ports = *ports;
  packet->protocol = ip->nexthdr;
  packet->l4 = sizeof(struct ethhdr) + sizeof(*ip);
  packet->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
  return 1;
}

// The (inner) Ethernet header is `offset` bytes behind data: 0, or behind the outer headers of a
// tunnel. slot: number of the port it came in by. False for what is never looked up.
static __always_inline int lane_parse(void* data, void* end, const __u32 offset,
                                      struct lane_packet* packet, __u32 slot) {
  const __u32* outer = data + sizeof(struct ethhdr);
  struct ethhdr* ethernet = data + offset;
  if ((void*)(ethernet + 1) > end || (offset && (void*)(outer + 9) > end)) return 0;
  const __u16* words = (void*)ethernet;  // not aligned
  packet->link = words[1] | (__u32)words[2] << 16;
  if (offset) packet->link |= (__u64)(outer[8] & bpf_htonl(0xffffff00)) << 32;
  const __u8 tunnelled = offset ? MILLRACE_LANE_TUNNELLED : 0;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP))
    return lane_parse4(ethernet + 1, end, packet, slot, tunnelled);
  if (ethernet->h_proto == bpf_htons(ETH_P_IPV6))
    return lane_parse6(ethernet + 1, end, packet, slot, tunnelled);
  return 0;
}
