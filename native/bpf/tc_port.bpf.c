// SPDX-License-Identifier: GPL-2.0
// The flow lane at tcx: the same flows as those of the XDP program, in the same table, but for
// whole super-frames. What is not plainly the packet of a known flow goes to the ring loop through
// the port's companion, a veth pair where the kernel cuts super-frames. No frame of a pod ever
// passes on to the node's own stack; of an uplink all do that are not ours.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "capture.bpf.h"
#include "tc_port.h"
// after capture.bpf.h, which tells the packets of a tunnel
#define LANE_CONTEXT struct __sk_buff
#include "lane_lookup.bpf.h"

// Of linux/bpf.h, younger than the headers of Debian 12.
enum {
  TC_NEXT = -1,
  TC_DROP = 2,
  TC_DECAP_L3_IPV4 = 1 << 7,
  TC_DECAP_L3_IPV6 = 1 << 8,
};

enum {
  LONGEST_HEADERS = sizeof(struct ethhdr) + sizeof(struct ipv6hdr) + 20,
  LONGEST_PACKET = 0xffff,
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 2 * MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, struct millrace_tc_port);
} tc_ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, struct millrace_tc_device);
} tc_devices SEC(".maps");

// What a frame becomes on a wire.
struct segments {
  __u32 count;
  __u32 longest;  // IP packet
  __u32 bytes;    // of all frames
};

static __always_inline void* start_of(const struct __sk_buff* skb) {
  return (void*)(long)skb->data;
}

static __always_inline void* end_of(const struct __sk_buff* skb) {
  return (void*)(long)skb->data_end;
}

// Headers may lie in fragments, where a program cannot read them.
static __always_inline void pull_headers(struct __sk_buff* skb, __u32 length) {
  if (length > skb->len) length = skb->len;
  if (start_of(skb) + length > end_of(skb)) bpf_skb_pull_data(skb, length);
}

static __always_inline int cut(const struct __sk_buff* skb, const struct lane_packet* packet,
                               __u32 offset, struct segments* segments) {
  segments->count = 1;
  segments->longest = packet->length;
  segments->bytes = skb->len;
  const __u32 size = skb->gso_size;
  if (size == 0) return 1;
  __u32 headers = packet->l4 + sizeof(struct udphdr);
  if (packet->protocol == IPPROTO_TCP) {
    const __u8* words = start_of(skb) + ((offset + packet->l4 + 12) & 0x7f);
    if ((void*)(words + 1) > end_of(skb)) return 0;
    headers = packet->l4 + (*words >> 4) * 4;
  }
  const __u32 frame = packet->length + sizeof(struct ethhdr);
  if (frame <= headers) return 0;
  segments->count = (frame - headers + size - 1) / size;
  segments->longest = headers + size - sizeof(struct ethhdr);
  segments->bytes = skb->len + (segments->count - 1) * (offset + headers);
  return 1;
}

// As lane_must_confirm(), but rather with a packet that is not cut.
static __always_inline int must_confirm(struct __sk_buff* skb, struct millrace_lane* entry,
                                        struct millrace_lane_state* state) {
  if (skb->gso_size != 0 &&
      bpf_ktime_get_coarse_ns() < entry->confirm_at + MILLRACE_TC_CONFIRM_GRACE)
    return 0;
  return lane_must_confirm(entry, state);
}

// The word of the header that has the hop limit; where the kernel has summed the packet, it must
// know. The header of IPv4 has a checksum of its own, and the sum over both stays the same.
static __always_inline void take_hop(struct __sk_buff* skb, __u32 offset) {
  void* l2 = start_of(skb) + offset;
  const struct ethhdr* ethernet = l2;
  if ((void*)(ethernet + 1) > end_of(skb)) return;
  const int ip6 = ethernet->h_proto == bpf_htons(ETH_P_IPV6);
  lane_take_hop(l2, end_of(skb));
  if (ip6) bpf_csum_update(skb, (__u16)~bpf_htons(1));
}

static __always_inline int write_ethernet(struct __sk_buff* skb, __u32 offset,
                                          const __u8* addresses, __u16 type) {
  struct ethhdr* ethernet = start_of(skb) + offset;
  if ((void*)(ethernet + 1) > end_of(skb)) return 0;
  __builtin_memcpy(ethernet, addresses, 12);
  ethernet->h_proto = type;
  return 1;
}

// Room for the outer headers: a super-frame stays one, and what cuts it knows that it is tunnelled.
static __always_inline int open_tunnel(struct __sk_buff* skb) {
  return bpf_skb_adjust_room(skb, MILLRACE_LANE_OUTER, BPF_ADJ_ROOM_MAC,
                             BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 |
                                 BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |
                                 BPF_F_ADJ_ROOM_ENCAP_L2(sizeof(struct ethhdr)));
}

static __always_inline int close_tunnel(struct __sk_buff* skb, __u16 type) {
  const __u64 inner = type == bpf_htons(ETH_P_IPV6) ? TC_DECAP_L3_IPV6 : TC_DECAP_L3_IPV4;
  return bpf_skb_adjust_room(skb, -MILLRACE_LANE_OUTER, BPF_ADJ_ROOM_MAC,
                             BPF_F_ADJ_ROOM_FIXED_GSO | inner);
}

static __always_inline int fill_outer(struct __sk_buff* skb, const struct lane_flow* flow,
                                      const struct lane_packet* packet) {
  void* data = start_of(skb);
  void* end = end_of(skb);
  if (data + MILLRACE_LANE_OUTER + sizeof(struct ethhdr) > end) return 0;
  __builtin_memcpy(data, flow->outer, MILLRACE_LANE_OUTER);
  lane_fill_outer(data, packet, lane_traffic_class(data + MILLRACE_LANE_OUTER, end),
                  flow->action & MILLRACE_LANE_FIXED_DSCP);
  return 1;
}

// Into the pod itself when the frame is for its own address; a pod that bridges others gets theirs
// through the device.
static __always_inline int leave(struct __sk_buff* skb, const struct lane_flow* flow,
                                 const struct millrace_tc_device* device) {
  const __u16* to = (const __u16*)flow->ethernet;
  const __u16* pod = device->mac;
  if (device->peer && !(flow->action & MILLRACE_LANE_ENCAP) && to[0] == pod[0] && to[1] == pod[1] &&
      to[2] == pod[2] && bpf_skb_change_type(skb, PACKET_HOST) == 0)
    return bpf_redirect_peer(device->ifindex, 0);
  return bpf_redirect(device->ifindex, 0);
}

// The kernel remembers where an outer checksum that is left to a device begins, and nobody tells it
// that the tunnel has ended.
static __always_inline int outer_is_partial(const struct __sk_buff* skb) {
  const __u32* ip = start_of(skb) + sizeof(struct ethhdr);
  const struct udphdr* udp = start_of(skb) + LANE_OUTER_UDP;
  return (void*)(udp + 1) > end_of(skb) || udp->check == lane_fold(lane_outer_pseudo(ip));
}

// A super-frame has never been on a wire, or the kernel has verified what it merged.
static __always_inline int may_pass(struct __sk_buff* skb, const struct lane_packet* packet,
                                    void* l2, __u32 offset, void* end, __u8 action) {
  if (offset && skb->gso_size == 0 &&
      (outer_is_partial(skb) ||
       !lane_outer_is_right(skb, packet, action & MILLRACE_LANE_OUTER_PARTIAL)))
    return 0;
  return !(action & MILLRACE_LANE_ROUTE) || lane_may_route(l2, end);
}

static __always_inline const struct millrace_tc_device* device_of(const struct lane_flow* flow) {
  __u32 out = flow->out;
  const struct millrace_tc_device* device = bpf_map_lookup_elem(&tc_devices, &out);
  return device && device->ifindex != 0 ? device : 0;
}

// As lane_try() in lane.bpf.h.
static __always_inline int try_lane(struct __sk_buff* skb, struct millrace_lane_state* state,
                                    __u32 slot, const __u32 offset) {
  void* l2 = start_of(skb) + offset;
  struct lane_packet packet = {};
  struct segments segments;
  if (skb->vlan_present || !lane_parse(start_of(skb), end_of(skb), offset, &packet, slot) ||
      packet.length + sizeof(struct ethhdr) + offset != skb->len ||
      !cut(skb, &packet, offset, &segments))
    return LANE_MISS;
  struct lane_flow flow = {};
  struct millrace_lane* entry = lane_look_up(state, &packet, l2, offset, segments.longest, &flow);
  if (!entry || !may_pass(skb, &packet, l2, offset, end_of(skb), flow.action)) return LANE_MISS;
  const int encap = flow.action & MILLRACE_LANE_ENCAP;
  const struct millrace_tc_device* device = device_of(&flow);
  if (!device || (encap && packet.length > LONGEST_PACKET - MILLRACE_LANE_OUTER) ||
      must_confirm(skb, entry, state))
    return LANE_MISS;
  const __u16 type = ((struct ethhdr*)l2)->h_proto;
  const __u32 inner = encap ? MILLRACE_LANE_OUTER : 0;
  if ((offset && close_tunnel(skb, type)) || (encap && open_tunnel(skb))) return LANE_MISS;
  if (!write_ethernet(skb, inner, flow.ethernet, type)) return TC_DROP;
  if (flow.action & MILLRACE_LANE_ROUTE) take_hop(skb, inner);
  if (encap && !fill_outer(skb, &flow, &packet)) return TC_DROP;
  __sync_fetch_and_add(&entry->passed,
                       (__u64)segments.count << MILLRACE_LANE_BYTE_BITS | segments.bytes);
  return leave(skb, &flow, device);
}

// A checksum is over the whole frame.
static __always_inline void pull_summed(struct __sk_buff* skb) {
  const struct udphdr* udp = start_of(skb) + LANE_OUTER_UDP;
  if ((void*)(udp + 1) <= end_of(skb) && udp->check != 0 && skb->gso_size == 0)
    bpf_skb_pull_data(skb, skb->len);
}

// The host end of a pod.
SEC("tc")
int millrace_tc_pod(struct __sk_buff* skb) {
  const __u32 ifindex = skb->ifindex;
  const struct millrace_tc_port* port = bpf_map_lookup_elem(&tc_ports, &ifindex);
  if (!port) return TC_DROP;
  pull_headers(skb, LONGEST_HEADERS);
  struct millrace_lane_state* state = lane_open();
  const int action = state ? try_lane(skb, state, port->slot, 0) : LANE_MISS;
  return action == LANE_MISS ? (int)bpf_redirect(port->other, 0) : action;
}

SEC("tc")
int millrace_tc_uplink(struct __sk_buff* skb) {
  const __u32 ifindex = skb->ifindex;
  const struct millrace_tc_port* own = bpf_map_lookup_elem(&tc_ports, &ifindex);
  const struct millrace_port* port = bpf_map_lookup_elem(&ports, &ifindex);
  if (!own || !port) return TC_NEXT;
  pull_headers(skb, MILLRACE_LANE_OUTER + LONGEST_HEADERS);
  struct millrace_lane_state* state = lane_open();
  if (state) {
    const int tunnelled = port->vteps[0].udp_port != 0 &&
                          lane_is_tunnelled(start_of(skb), end_of(skb), skb->len, port);
    if (tunnelled) pull_summed(skb);
    const int action = tunnelled ? try_lane(skb, state, own->slot, MILLRACE_LANE_OUTER)
                                 : try_lane(skb, state, own->slot, 0);
    if (action != LANE_MISS) return action;
  }
  // A tag is beside the frame here; the XDP program sees it inside and lets such frames pass.
  const int shared = own->take != MILLRACE_TAKE_ALL;
  if (shared && (skb->vlan_present || !is_ours(start_of(skb), end_of(skb), port))) return TC_NEXT;
  return bpf_redirect(own->other, 0);
}

// The near end of a companion: what the ring loop sends leaves by the device itself.
SEC("tc")
int millrace_tc_from_loop(struct __sk_buff* skb) {
  const __u32 ifindex = skb->ifindex;
  const struct millrace_tc_port* port = bpf_map_lookup_elem(&tc_ports, &ifindex);
  return port ? (int)bpf_redirect(port->other, 0) : TC_DROP;
}

char _license[] SEC("license") = "GPL";
