// SPDX-License-Identifier: GPL-2.0
// Decides, per frame, between AF_XDP and the kernel. A pod's port belongs to the ring loop alone:
// every frame goes to its socket, and without a socket it goes nowhere, since the kernel of the
// node must never route for a pod behind our back. A shared uplink gives up only what is ours
// (frames for our VTEP, packets for our prefixes); everything else passes untouched.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "redirect.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, struct millrace_port);
} ports SEC(".maps");

// The same entries, direct-mapped by the low bits of the ifindex: an array lookup is compiled
// inline, a hash lookup is a call that costs the sender's core a twentieth of its time per packet.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, struct millrace_port);
} ports_direct SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, MILLRACE_MAX_PORTS* MILLRACE_QUEUES_PER_PORT);
  __type(key, __u32);
  __type(value, __u32);
} xsks SEC(".maps");

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

static __always_inline int is_vtep(void* l4, void* end, __u8 protocol, __u16 vtep_port) {
  struct udphdr* udp = l4;
  if (protocol != IPPROTO_UDP || vtep_port == 0 || (void*)(udp + 1) > end) return 0;
  return udp->dest == bpf_htons(vtep_port);
}

static __always_inline int is_ours4(void* l3, void* end, const struct millrace_port* port) {
  struct iphdr* ip = l3;
  if ((void*)(ip + 1) > end) return 0;
  if (ip->ihl == 5 && !(ip->frag_off & bpf_htons(0x1fff)) &&
      is_vtep(ip + 1, end, ip->protocol, port->vtep_port))
    return 1;
  struct millrace_prefix4 key = {.length = 32};
  __builtin_memcpy(key.address, &ip->daddr, 4);
  return bpf_map_lookup_elem(&prefixes4, &key) != 0;
}

static __always_inline int is_ours6(void* l3, void* end, const struct millrace_port* port) {
  struct ipv6hdr* ip = l3;
  if ((void*)(ip + 1) > end) return 0;
  if (is_vtep(ip + 1, end, ip->nexthdr, port->vtep_port)) return 1;
  struct millrace_prefix6 key = {.length = 128};
  __builtin_memcpy(key.address, &ip->daddr, 16);
  return bpf_map_lookup_elem(&prefixes6, &key) != 0;
}

static __always_inline int is_ours(struct xdp_md* ctx, const struct millrace_port* port) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* ethernet = data;
  if ((void*)(ethernet + 1) > end) return 0;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) return is_ours4(ethernet + 1, end, port);
  if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) return is_ours6(ethernet + 1, end, port);
  return 0;
}

static __always_inline const struct millrace_port* find_port(__u32 ifindex) {
  __u32 slot = ifindex % MILLRACE_MAX_PORTS;
  const struct millrace_port* port = bpf_map_lookup_elem(&ports_direct, &slot);
  if (port && port->ifindex == ifindex) return port;
  return bpf_map_lookup_elem(&ports, &ifindex);
}

SEC("xdp")
int millrace_redirect(struct xdp_md* ctx) {
  const struct millrace_port* port = find_port(ctx->ingress_ifindex);
  if (!port) return XDP_PASS;
  if (port->shared && !is_ours(ctx, port)) return XDP_PASS;
  if (ctx->rx_queue_index >= port->queues) return port->fallback;
  return bpf_redirect_map(&xsks, port->xsk_base + ctx->rx_queue_index, port->fallback);
}

char _license[] SEC("license") = "GPL";
