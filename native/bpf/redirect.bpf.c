// SPDX-License-Identifier: GPL-2.0
// Decides, per frame, between AF_XDP and the kernel. A pod's port belongs to the ring loop alone:
// every frame goes to its socket, and without a socket it goes nowhere, since the kernel of the
// node must never route for a pod behind our back. A shared uplink gives up only what is ours
// (frames for our VTEP, packets for our prefixes); everything else passes untouched. A dedicated
// uplink gives up all but what the kernel needs to be a node there: ARP and neighbour discovery,
// groups, and packets for the node's own addresses.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "capture.bpf.h"
// after capture.bpf.h, which tells the packets of a tunnel
#include "lane.bpf.h"

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

static __always_inline const struct millrace_port* find_port(__u32 ifindex) {
  __u32 slot = ifindex % MILLRACE_MAX_PORTS;
  const struct millrace_port* port = bpf_map_lookup_elem(&ports_direct, &slot);
  if (port && port->ifindex == ifindex) return port;
  return bpf_map_lookup_elem(&ports, &ifindex);
}

static __always_inline int redirect(struct xdp_md* ctx, const int frags) {
  const struct millrace_port* port = find_port(ctx->ingress_ifindex);
  if (!port) return XDP_PASS;
  if (lane_wanted && port->lane) {
    const int action = lane(ctx, port, frags);
    if (action != LANE_MISS) return action;
  }
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  if (port->take != MILLRACE_TAKE_ALL && !is_ours(data, end, port)) return XDP_PASS;
  if (ctx->rx_queue_index >= port->queues) return port->fallback;
  return bpf_redirect_map(&xsks, port->slot * MILLRACE_QUEUES_PER_PORT + ctx->rx_queue_index,
                          port->fallback);
}

SEC("xdp")
int millrace_redirect(struct xdp_md* ctx) {
  return redirect(ctx, 0);
}

// For devices whose frames may span several buffers: MTUs beyond one page.
SEC("xdp.frags")
int millrace_redirect_frags(struct xdp_md* ctx) {
  return redirect(ctx, 1);
}

// The same once more: a link can only be updated to another program.
SEC("xdp.frags")
int millrace_redirect_again(struct xdp_md* ctx) {
  return redirect(ctx, 1);
}

char _license[] SEC("license") = "GPL";
