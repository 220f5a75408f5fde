// The flow of a packet: where it is, and what of it may be used. The same for programs at XDP and
// at tcx.
#pragma once

#include "lane_tunnel.bpf.h"
#include "maps.bpf.h"

enum { LANE_MISS = -1 };

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

// Null while nothing is looked up.
static __always_inline struct millrace_lane_state* lane_open(void) {
  __u32 first = 0;
  struct millrace_lane_state* state = bpf_map_lookup_elem(&lane_state, &first);
  return state && state->open ? state : 0;
}

// What is needed of an entry, copied: the loop may write it at any time.
struct lane_flow {
  __u8 ethernet[12];
  __u8 action;
  __u32 out;
  __u8 outer[MILLRACE_LANE_OUTER];
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

// outer: IP header of the tunnel. VXLAN inside VXLAN: whether it may pass is for the loop to say.
static __always_inline int lane_comes_from(const struct millrace_lane* entry,
                                           const struct lane_packet* packet, const __u32* outer) {
  return entry->outer_source == outer[3] && entry->outer_destination == outer[4] &&
         !lane_is_nested(packet, outer);
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

// l2: the (inner) Ethernet header, `offset` bytes behind the beginning of the frame: 0, or behind
// the outer headers of a tunnel. longest: IP packet that this one is to the network. Null: the
// packet is the loop's. What is copied to flow is of one version of the entry.
static __always_inline struct millrace_lane* lane_look_up(const struct millrace_lane_state* state,
                                                          const struct lane_packet* packet,
                                                          void* l2, __u32 offset, __u32 longest,
                                                          struct lane_flow* flow) {
  struct lane_found found = {};
  struct millrace_lane* entry = lane_find(state, packet, &found);
  if (!entry) return 0;
  const __u32 version = *(volatile __u32*)&entry->version;
  lane_barrier();
  flow->action = entry->action;
  flow->out = entry->out;
  if (version & 1 || entry->generation != state->generation || !lane_has_key(entry, found.key) ||
      !lane_has_addresses(entry, l2) || longest > entry->longest || lane_is_dead(entry))
    return 0;
  __builtin_memcpy(flow->ethernet, entry->ethernet, 12);
  if (offset && !lane_comes_from(entry, packet, l2 - offset + sizeof(struct ethhdr))) return 0;
  if (flow->action & MILLRACE_LANE_ENCAP) {
    const struct millrace_lane_outer* outer = bpf_map_lookup_elem(&lane_outers, &found.place);
    if (!outer) return 0;
    __builtin_memcpy(flow->outer, outer->bytes, sizeof(flow->outer));
  }
  lane_barrier();
  return *(volatile __u32*)&entry->version == version ? entry : 0;
}
