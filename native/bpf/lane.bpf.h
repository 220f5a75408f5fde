// The flow lane as the XDP program sees it. Whatever is not plainly the packet of a known flow
// (fragments, options, other protocols, padding, a TTL that ends here, a packet too long) is left
// to the ring loop, and nothing of a packet is changed before all of that is known.
#pragma once

#include "lane_tunnel.bpf.h"
#include "maps.bpf.h"

enum { LANE_MISS = -1 };

// Set before the program is loaded. Where it is false the kernel never looks at what is not reached
// then, should it be too old for it.
const volatile unsigned char lane_wanted = 1;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, MILLRACE_LANE_WAYS);  // set before the program is loaded
  __type(key, __u32);
  __type(value, struct millrace_lane);
} lanes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, MILLRACE_LANE_WAYS);  // as many as of `lanes`
  __type(key, __u32);
  __type(value, struct millrace_lane_outer);
} lane_outers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);  // a way's share of `lanes`
  __type(key, __u32);
  __type(value, struct millrace_lane_tags);
} lane_tags SEC(".maps");

// Where flows may go: the device of each port. Programs whose frames may span several buffers need
// a map of their own: the kernel lets no two kinds of programs share one.
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, __u32);
} lane_devices SEC(".maps"), lane_devices_frags SEC(".maps");

// What is needed of an entry, copied: the loop may write it at any time.
struct lane_flow {
  __u8 ethernet[12];
  __u8 action;
  __u32 out;
  __u32 longest;
};

#define lane_barrier() asm volatile("" ::: "memory")

// Where a flow is, and the key it was found by.
struct lane_found {
  __u64 key[MILLRACE_LANE_WORDS];
  __u32 place;
};

static __always_inline int lane_has_key(const struct millrace_lane* entry, const __u64* key) {
  if (entry->key[1] != key[1] || entry->key[0] != key[0] || entry->key[2] != key[2]) return 0;
  return entry->key[3] == key[3] && entry->key[4] == key[4] && entry->key[5] == key[5];
}

static __always_inline struct millrace_lane* lane_find_in(__u32 bucket, __u32 tag,
                                                          struct lane_found* found) {
  const struct millrace_lane_tags* tags = bpf_map_lookup_elem(&lane_tags, &bucket);
  if (!tags) return 0;
#pragma unroll
  for (int way = 0; way < MILLRACE_LANE_WAYS; ++way) {
    if (tags->tag[way] != tag) continue;
    __u32 place = bucket * MILLRACE_LANE_WAYS + way;
    struct millrace_lane* entry = bpf_map_lookup_elem(&lanes, &place);
    if (!entry) return 0;
    if (!lane_has_key(entry, found->key)) continue;
    found->place = place;
    return entry;
  }
  return 0;
}

static __always_inline struct millrace_lane* lane_find_key(const struct millrace_lane_state* state,
                                                           struct lane_found* found) {
  const __u64 hash = millrace_lane_hash(state->seed, found->key);
  const __u32 tag = millrace_lane_tag(hash);
  struct millrace_lane* entry = lane_find_in((__u32)hash & state->mask, tag, found);
  return entry ? entry : lane_find_in((__u32)(hash >> 32) & state->mask, tag, found);
}

// From the widest scope to the narrowest, of those that there are flows of: what is valid agrees.
// One of an older generation may still be there when its destinations have gone different ways.
static __always_inline struct millrace_lane* lane_find(const struct millrace_lane_state* state,
                                                       const struct lane_packet* packet,
                                                       struct lane_found* found) {
#pragma clang loop unroll(disable)
  for (__u32 scope = 0; scope < MILLRACE_LANE_SCOPES; ++scope) {
    if (!(state->scopes & 1u << scope)) continue;
    lane_key(packet, scope, found->key);
    struct millrace_lane* entry = lane_find_key(state, found);
    if (entry && entry->generation == state->generation) return entry;
  }
  return 0;
}

static __always_inline int lane_has_addresses(const struct millrace_lane* entry, const void* l2) {
  const __u32* ours = (const __u32*)entry->match;
  const __u16* words = l2;  // IP headers are aligned, Ethernet headers are not
  return ours[0] == ((__u32)words[0] | (__u32)words[1] << 16) &&
         ours[1] == ((__u32)words[2] | (__u32)words[3] << 16) &&
         ours[2] == ((__u32)words[4] | (__u32)words[5] << 16);
}

static __always_inline int lane_may_route(void* l2, void* end) {
  struct ethhdr* ethernet = l2;
  struct iphdr* ip = (void*)(ethernet + 1);
  struct ipv6hdr* ip6 = (void*)(ethernet + 1);
  if (ethernet->h_proto == bpf_htons(ETH_P_IP))
    return (void*)(ip + 1) <= end && ip->ttl > 1 && lane_header_is_right(ip);
  return (void*)(ip6 + 1) <= end && ip6->hop_limit > 1;
}

// One packet of a flow goes through the loop now and then: it confirms the flow, learns and counts
// what it would have, and so ends flows of which nobody knows any more.
static __always_inline int lane_must_confirm(struct millrace_lane* entry,
                                             struct millrace_lane_state* state) {
  const __u64 now = bpf_ktime_get_coarse_ns();
  if (now < entry->confirm_at) return 0;
  if (state->tick != now) {
    state->tick = now;
    state->confirmed = 0;
  }
  if (++state->confirmed > MILLRACE_LANE_CONFIRMS) return 0;
  entry->confirm_at = now + 100000000;
  return 1;
}

static __always_inline int lane_is_dead(const struct millrace_lane* entry) {
  return entry->confirm_at > entry->dead_at;
}

static __always_inline void lane_take_hop(void* l2, void* end) {
  struct ethhdr* ethernet = l2;
  struct iphdr* ip = (void*)(ethernet + 1);
  struct ipv6hdr* ip6 = (void*)(ethernet + 1);
  if ((void*)(ip + 1) > end) return;
  if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
    const __u32 sum = (__u32)ip->check + bpf_htons(0x0100);  // RFC 1624 eqn. 3
    ip->check = (__u16)(sum + (sum >= 0xffff));
    --ip->ttl;
  } else if ((void*)(ip6 + 1) <= end) {
    --ip6->hop_limit;
  }
}

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
                                            const __u8* outer, const struct lane_packet* packet,
                                            const int frags) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  if (data + MILLRACE_LANE_OUTER + sizeof(struct ethhdr) > end) return XDP_ABORTED;
  void* inner = data + MILLRACE_LANE_OUTER;
  __builtin_memcpy(data, outer, MILLRACE_LANE_OUTER);
  lane_fill_outer(data, packet, lane_traffic_class(inner, end),
                  flow->action & MILLRACE_LANE_FIXED_DSCP);
  __builtin_memcpy(inner, flow->ethernet, 12);
  return lane_leave(flow->out, frags);
}

// A frame whose (inner) Ethernet header is `offset` bytes behind its beginning: 0, or behind the
// outer headers of a tunnel.
static __always_inline int lane_try(struct xdp_md* ctx, struct millrace_lane_state* state,
                                    __u32 slot, const __u32 offset, const int frags) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  void* l2 = data + offset;
  const __u32 received = (__u32)(end - data);
  const __u32* outer_ip = data + sizeof(struct ethhdr);
  if (offset && (void*)(outer_ip + 9) > end) return LANE_MISS;
  struct lane_packet packet = {};
  if (!lane_parse(l2, end, &packet, slot, offset ? MILLRACE_LANE_TUNNELLED : 0,
                  offset ? outer_ip[8] : 0))
    return LANE_MISS;
  if (packet.length + sizeof(struct ethhdr) + offset != received ||
      received > MILLRACE_LANE_LONGEST)
    return LANE_MISS;
  struct lane_found found = {};
  struct millrace_lane* entry = lane_find(state, &packet, &found);
  if (!entry) return LANE_MISS;

  const __u32 version = *(volatile __u32*)&entry->version;
  lane_barrier();
  struct lane_flow flow = {.action = entry->action, .out = entry->out, .longest = entry->longest};
  if (version & 1 || entry->generation != state->generation || !lane_has_key(entry, found.key) ||
      !lane_has_addresses(entry, l2) || packet.length > flow.longest || lane_is_dead(entry))
    return LANE_MISS;
  __builtin_memcpy(flow.ethernet, entry->ethernet, 12);
  if (offset && (entry->outer_source != outer_ip[3] || entry->outer_destination != outer_ip[4] ||
                 lane_is_nested(&packet, outer_ip)))
    return LANE_MISS;
  __u8 outer[MILLRACE_LANE_OUTER];
  if (flow.action & MILLRACE_LANE_ENCAP) {
    const struct millrace_lane_outer* front = bpf_map_lookup_elem(&lane_outers, &found.place);
    if (!front) return LANE_MISS;
    __builtin_memcpy(outer, front->bytes, sizeof(outer));
  }
  lane_barrier();
  if (*(volatile __u32*)&entry->version != version) return LANE_MISS;

  if (offset && !lane_outer_is_right(ctx, &packet, flow.action & MILLRACE_LANE_OUTER_PARTIAL))
    return LANE_MISS;
  if (flow.action & MILLRACE_LANE_ROUTE && !lane_may_route(l2, end)) return LANE_MISS;
  if (lane_must_confirm(entry, state)) return LANE_MISS;
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
  if (flow.action & MILLRACE_LANE_ENCAP) return lane_encapsulate(ctx, &flow, outer, &packet, frags);
  return lane_send(&flow, data, end, frags);
}

static __always_inline int lane(struct xdp_md* ctx, const struct millrace_port* port,
                                const int frags) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32 first = 0;
  struct millrace_lane_state* state = bpf_map_lookup_elem(&lane_state, &first);
  if (!state || !state->open) return LANE_MISS;
  if (port->vteps[0].udp_port != 0 && lane_is_tunnelled(data, end, port))
    return lane_try(ctx, state, port->slot, MILLRACE_LANE_OUTER, frags);
  return lane_try(ctx, state, port->slot, 0, frags);
}
