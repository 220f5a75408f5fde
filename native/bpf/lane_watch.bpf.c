// SPDX-License-Identifier: GPL-2.0
// Sees what the kernel tells nobody else: frames of the flow lane that a device has not taken. They
// are counted, and a device that takes none any more (the peer of a veth has switched GRO off, or
// its XDP program has gone) ends the flows that lead to it at once: the ring loop has other ways.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "maps.bpf.h"
#include "xdp_tracepoints.bpf.h"

enum { LANE_ENXIO = 6 };

// The parts of the kernel's types that are read; where they are is found out at load time.
struct ns_common {
  unsigned int inum;
} __attribute__((preserve_access_index));
struct net {
  struct ns_common ns;
} __attribute__((preserve_access_index));
typedef struct {
  struct net* net;
} possible_net_t;
struct net_device {
  int ifindex;
  possible_net_t nd_net;
} __attribute__((preserve_access_index));

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, struct millrace_lane_target);
} lane_targets SEC(".maps");

static __always_inline struct millrace_lane_state* state(void) {
  __u32 first = 0;
  return bpf_map_lookup_elem(&lane_state, &first);
}

static __always_inline void count(__u32 slot, __u64 drops, int gone) {
  struct millrace_lane_target* target = bpf_map_lookup_elem(&lane_targets, &slot);
  struct millrace_lane_state* now = state();
  if (!target || !now) return;
  __sync_fetch_and_add(&target->drops, drops);
  if (!gone || !target->usable) return;
  target->usable = 0;
  __sync_fetch_and_add(&now->generation, 1);
}

// The port of a device, when it is one of ours. Numbers of interfaces mean something in their own
// network namespace only.
static __always_inline const struct millrace_port* port_of(const struct net_device* device) {
  struct millrace_lane_state* now = state();
  if (!now || device->nd_net.net->ns.inum != now->netns) return 0;
  __u32 ifindex = device->ifindex;
  const struct millrace_port* port = bpf_map_lookup_elem(&ports, &ifindex);
  return port && port->lane ? port : 0;
}

// The device does not take redirected frames at all.
SEC("tp_btf/xdp_redirect_err")
int millrace_redirect_refused(__u64* arguments) {
  struct millrace_lane_state* now = state();
  const __u32 map = (__u32)arguments[REFUSED_MAP_ID];
  if (now && (map == now->devices[0] || map == now->devices[1]))
    count((__u32)arguments[REFUSED_INDEX], 1, 1);
  return 0;
}

// It took a part of a bulk: its ring is full, or nobody reads it.
SEC("tp_btf/xdp_devmap_xmit")
int millrace_redirect_sent(__u64* arguments) {
  const __u32 drops = (__u32)arguments[BULK_REFUSED];
  if (drops == 0) return 0;
  if (!port_of((const struct net_device*)arguments[BULK_FROM])) return 0;
  const struct millrace_port* port = port_of((const struct net_device*)arguments[BULK_TO]);
  if (port) count(port->slot, drops, (int)arguments[BULK_ERROR] == -LANE_ENXIO);
  return 0;
}

char _license[] SEC("license") = "GPL";
