// What of an uplink's frames is ours, by the maps of its prefixes and the VTEPs of the port.
#pragma once

#include "maps.bpf.h"

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, MILLRACE_MAX_PREFIXES);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct millrace_prefix4);
  __type(value, __u8);
} prefixes4 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, MILLRACE_MAX_PREFIXES);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct millrace_prefix6);
  __type(value, __u8);
} prefixes6 SEC(".maps");

// The destination port of a UDP packet, 0 when it is none.
static __always_inline __u16 udp_port(void* l4, void* end, __u8 protocol) {
  struct udphdr* udp = l4;
  if (protocol != IPPROTO_UDP || (void*)(udp + 1) > end) return 0;
  return bpf_ntohs(udp->dest);
}

// For address and UDP port of a VTEP of ours. A VXLAN device of the kernel may have the same UDP
// port at another address.
static __always_inline int is_vtep4(const struct iphdr* ip, void* end,
                                    const struct millrace_port* port) {
  if (port->vteps[0].udp_port == 0 || ip->ihl != 5 || (ip->frag_off & bpf_htons(0x1fff))) return 0;
  const __u16 destination = udp_port((void*)(ip + 1), end, ip->protocol);
  int found = 0;
  for (int i = 0; i < MILLRACE_MAX_VTEPS; ++i)
    found |= destination == port->vteps[i].udp_port && ip->daddr == port->vteps[i].address4;
  return found && destination != 0;
}

static __always_inline int is_address6(const struct in6_addr* address, const __u32* other) {
  return address->s6_addr32[0] == other[0] && address->s6_addr32[1] == other[1] &&
         address->s6_addr32[2] == other[2] && address->s6_addr32[3] == other[3];
}

static __always_inline int is_vtep6(const struct ipv6hdr* ip, void* end,
                                    const struct millrace_port* port) {
  if (port->vteps[0].udp_port == 0) return 0;
  const __u16 destination = udp_port((void*)(ip + 1), end, ip->nexthdr);
  int found = 0;
  for (int i = 0; i < MILLRACE_MAX_VTEPS; ++i)
    found |=
        destination == port->vteps[i].udp_port && is_address6(&ip->daddr, port->vteps[i].address6);
  return found && destination != 0;
}

static __always_inline int prefix4(const struct iphdr* ip, const struct millrace_port* port) {
  struct millrace_prefix4 key = {.length = 64, .port = port->slot};
  __builtin_memcpy(key.address, &ip->daddr, 4);
  const __u8* value = bpf_map_lookup_elem(&prefixes4, &key);
  return value ? *value : 0;
}

static __always_inline int prefix6(const struct ipv6hdr* ip, const struct millrace_port* port) {
  struct millrace_prefix6 key = {.length = 160, .port = port->slot};
  __builtin_memcpy(key.address, &ip->daddr, 16);
  const __u8* value = bpf_map_lookup_elem(&prefixes6, &key);
  return value ? *value : 0;
}

static __always_inline int is_ours4(void* l3, void* end, const struct millrace_port* port) {
  struct iphdr* ip = l3;
  if ((void*)(ip + 1) > end) return 0;
  if (is_vtep4(ip, end, port)) return 1;
  const int found = prefix4(ip, port);
  return port->take == MILLRACE_TAKE_OURS ? found == MILLRACE_PREFIX_OURS
                                          : found != MILLRACE_PREFIX_NODE;
}

// RFC 4861: router and neighbour solicitations and advertisements, redirects.
static __always_inline int is_nd(void* l4, void* end, __u8 protocol) {
  __u8* type = l4;
  return protocol == IPPROTO_ICMPV6 && (void*)(type + 1) <= end && *type >= 133 && *type <= 137;
}

static __always_inline int is_ours6(void* l3, void* end, const struct millrace_port* port) {
  struct ipv6hdr* ip = l3;
  if ((void*)(ip + 1) > end) return 0;
  if (is_vtep6(ip, end, port)) return 1;
  const int found = prefix6(ip, port);
  if (port->take == MILLRACE_TAKE_OURS) return found == MILLRACE_PREFIX_OURS;
  const int link_local = (ip->daddr.s6_addr[0] == 0xfe && (ip->daddr.s6_addr[1] & 0xc0) == 0x80);
  return found != MILLRACE_PREFIX_NODE && !link_local && !is_nd(ip + 1, end, ip->nexthdr);
}

// Whether the ring loop gets a frame of an uplink that the kernel of the node shares.
static __always_inline int is_ours(void* data, void* end, const struct millrace_port* port) {
  struct ethhdr* ethernet = data;
  if ((void*)(ethernet + 1) > end) return 0;
  if (ethernet->h_dest[0] & 1) return 0;  // groups and broadcast are the kernel's
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) return is_ours4(ethernet + 1, end, port);
  if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) return is_ours6(ethernet + 1, end, port);
  return 0;
}
