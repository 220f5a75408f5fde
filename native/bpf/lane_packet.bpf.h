// What the flow lane reads of a packet: the key of its flow, and where its parts are.
#pragma once

#include "lane.h"

struct lane_packet {
  __u64 key[MILLRACE_LANE_WORDS];
  __u32 ports;
  __u32 l4;      // offset from the (inner) Ethernet header
  __u32 length;  // of the IP packet
  __u8 protocol;
};

static __always_inline __u64 lane_second_word(__u32 slot, __u8 kind) {
  return (__u64)slot << 32 | (__u64)kind << 56;
}

static __always_inline __u64 lane_word_by_ports(const struct lane_packet* packet) {
  return packet->key[1] | packet->ports | (__u64)packet->protocol << 48 |
         (__u64)MILLRACE_LANE_BY_PORTS << 56;
}

static __always_inline int lane_has_ports(__u8 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

static __always_inline int lane_parse4(void* l3, void* end, struct lane_packet* packet, __u32 slot,
                                       __u8 kind) {
  struct iphdr* ip = l3;
  __u32* ports = (void*)(ip + 1);
  if ((void*)(ports + 1) > end || *(__u8*)l3 != 0x45 || ip->frag_off & bpf_htons(0x3fff)) return 0;
  if (!lane_has_ports(ip->protocol)) return 0;
  packet->key[0] = (__u64)ip->saddr | (__u64)ip->daddr << 32;
  packet->key[1] = lane_second_word(slot, MILLRACE_LANE_IP4 | kind);
  packet->ports = *ports;
  packet->protocol = ip->protocol;
  packet->l4 = sizeof(struct ethhdr) + sizeof(*ip);
  packet->length = bpf_ntohs(ip->tot_len);
  return 1;
}

static __always_inline int lane_parse6(void* l3, void* end, struct lane_packet* packet, __u32 slot,
                                       __u8 kind) {
  struct ipv6hdr* ip = l3;
  __u32* ports = (void*)(ip + 1);
  if ((void*)(ports + 1) > end || ip->version != 6 || !lane_has_ports(ip->nexthdr)) return 0;
  __builtin_memcpy(&packet->key[0], &ip->saddr.s6_addr32[0], 8);
  __builtin_memcpy(&packet->key[2], &ip->saddr.s6_addr32[2], 8);
  __builtin_memcpy(&packet->key[3], &ip->daddr.s6_addr32[0], 8);
  __builtin_memcpy(&packet->key[4], &ip->daddr.s6_addr32[2], 8);
  packet->key[1] = lane_second_word(slot, MILLRACE_LANE_IP6 | kind);
  packet->ports = *ports;
  packet->protocol = ip->nexthdr;
  packet->l4 = sizeof(struct ethhdr) + sizeof(*ip);
  packet->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
  return 1;
}

static __always_inline int lane_parse(void* l2, void* end, struct lane_packet* packet, __u32 slot,
                                      __u8 kind) {
  struct ethhdr* ethernet = l2;
  if ((void*)(ethernet + 1) > end) return 0;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP))
    return lane_parse4(ethernet + 1, end, packet, slot, kind);
  if (ethernet->h_proto == bpf_htons(ETH_P_IPV6))
    return lane_parse6(ethernet + 1, end, packet, slot, kind);
  return 0;
}
