// The flow lane as the XDP program sees it. Whatever is not plainly the packet of a known flow
// (fragments, options, other protocols, padding, a TTL that ends here, a packet too long) is left
// to the ring loop, and nothing of a packet is changed before all of that is known.
#pragma once

#include "lane_lookup.bpf.h"

// Set before the program is loaded. Where it is false the kernel never looks at what is not reached
// then, should it be too old for it.
const volatile unsigned char lane_wanted = 1;

// Where flows may go: the device of each port. Programs whose frames may span several buffers need
// a map of their own: the kernel lets no two kinds of programs share one.
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, __u32);
} lane_devices SEC(".maps"), lane_devices_frags SEC(".maps");

static __always_inline int lane_leave(__u32 out, const int frags) {
  return frags ? bpf_redirect_map(&lane_devices_frags, out, XDP_DROP)
               : bpf_redirect_map(&lane_devices, out, XDP_DROP);
}

static __always_inline int lane_send(struct lane_flow* flow, void* data, void* end,
                                     const int frags) {
  if (data + 12 > end) return XDP_ABORTED;
  __builtin_memcpy(data, flow->ethernet, 12);
  return lane_leave(flow->out, frags);
}

static __always_inline int lane_encapsulate(struct xdp_md* ctx, struct lane_flow* flow,
                                            const struct lane_packet* packet, const int frags) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  if (data + MILLRACE_LANE_OUTER + sizeof(struct ethhdr) > end) return XDP_ABORTED;
  void* inner = data + MILLRACE_LANE_OUTER;
  __builtin_memcpy(data, flow->outer, MILLRACE_LANE_OUTER);
  lane_fill_outer(data, packet, lane_traffic_class(inner, end),
                  flow->action & MILLRACE_LANE_FIXED_DSCP);
  __builtin_memcpy(inner, flow->ethernet, 12);
  return lane_leave(flow->out, frags);
}

// What the packet must have beside a flow.
static __always_inline int lane_may_pass(struct xdp_md* ctx, const struct lane_packet* packet,
                                         void* l2, __u32 offset, void* end, __u8 action) {
  if (offset && !lane_outer_is_right(ctx, packet, action & MILLRACE_LANE_OUTER_PARTIAL)) return 0;
  return !(action & MILLRACE_LANE_ROUTE) || lane_may_route(l2, end);
}

// A frame whose (inner) Ethernet header is `offset` bytes behind its beginning: 0, or behind the
// outer headers of a tunnel.
static __always_inline int lane_try(struct xdp_md* ctx, struct millrace_lane_state* state,
                                    __u32 slot, const __u32 offset, const int frags) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  const __u32 received = (__u32)(end - data);
  struct lane_packet packet = {};
  if (!lane_parse(data, end, offset, &packet, slot)) return LANE_MISS;
  if (packet.length + sizeof(struct ethhdr) + offset != received ||
      received > MILLRACE_LANE_LONGEST)
    return LANE_MISS;
  struct lane_flow flow = {};
  void* l2 = data + offset;
  struct millrace_lane* entry = lane_look_up(state, &packet, l2, offset, packet.length, &flow);
  if (!entry || !lane_may_pass(ctx, &packet, l2, offset, end, flow.action) ||
      lane_must_confirm(entry, state))
    return LANE_MISS;
  if (flow.action & MILLRACE_LANE_PARTIAL) lane_complete(ctx, &packet, offset);
  const int shift = flow.action & MILLRACE_LANE_ENCAP ? -MILLRACE_LANE_OUTER : (int)offset;
  if (shift && bpf_xdp_adjust_head(ctx, shift)) return LANE_MISS;
  __sync_fetch_and_add(&entry->passed, 1ull << MILLRACE_LANE_BYTE_BITS | received);
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  l2 = flow.action & MILLRACE_LANE_ENCAP ? data + MILLRACE_LANE_OUTER : data;
  if (flow.action & MILLRACE_LANE_ROUTE) {
    if (l2 + sizeof(struct ethhdr) > end) return XDP_ABORTED;
    lane_take_hop(l2, end);
  }
  return flow.action & MILLRACE_LANE_ENCAP ? lane_encapsulate(ctx, &flow, &packet, frags)
                                           : lane_send(&flow, data, end, frags);
}

static __always_inline int lane(struct xdp_md* ctx, const struct millrace_port* port,
                                const int frags) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct millrace_lane_state* state = lane_open();
  if (!state) return LANE_MISS;
  if (port->vteps[0].udp_port != 0 && lane_is_tunnelled(data, end, (__u32)(end - data), port))
    return lane_try(ctx, state, port->slot, MILLRACE_LANE_OUTER, frags);
  return lane_try(ctx, state, port->slot, 0, frags);
}
