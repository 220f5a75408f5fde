// SPDX-License-Identifier: GPL-2.0
// Turns frames of the ring loop into XDP frames. The kernel runs the program once per frame on a
// page of its own (BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES); the program fills it with
// the next frame of the worker's batch and redirects it to the port's device. Nobody tells the
// caller which frames a device has refused, so programs at tracepoints write that down.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "live_transmit.h"
#include "redirect.h"
#include "xdp_tracepoints.bpf.h"

enum { LOOPBACK_IFINDEX = 1 };

struct net_device {
  int ifindex;
} __attribute__((preserve_access_index));

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct millrace_live);
} live_batch SEC(".maps");

// One for all workers.
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, MILLRACE_MAX_PORTS);
  __type(key, __u32);
  __type(value, __u32);
} live_devices SEC(".maps");

static __always_inline struct millrace_live* batch(void) {
  __u32 first = 0;
  return bpf_map_lookup_elem(&live_batch, &first);
}

static __always_inline int send(struct xdp_md* ctx, const struct millrace_live* live,
                                const struct millrace_live_frame* frame) {
  const __u32 length = frame->length;
  const __u32 offset = frame->offset;
  if (length == 0 || length > MILLRACE_LIVE_LONGEST || offset > MILLRACE_LIVE_BYTES)
    return XDP_DROP;
  const int more = (int)length - (int)(ctx->data_end - ctx->data);
  if (more != 0 && bpf_xdp_adjust_tail(ctx, more) != 0) return XDP_DROP;
  if (bpf_xdp_store_bytes(ctx, 0, (void*)(live->data + offset), length) != 0) return XDP_DROP;
  return (int)bpf_redirect_map(&live_devices, frame->port, XDP_DROP);
}

SEC("xdp")
int millrace_live_send(struct xdp_md* ctx) {
  struct millrace_live* live = batch();
  if (!live) return XDP_DROP;
  const __u32 place = live->cursor;
  if (place >= MILLRACE_LIVE_FRAMES) return XDP_DROP;
  if (place == 0) live->task = bpf_get_current_task();
  live->cursor = place + 1;
  struct millrace_live_frame* frame = &live->frames[place];
  const int action = send(ctx, live, frame);
  if (action != XDP_REDIRECT) {
    frame->refused = 1;
    ++live->refused;
  }
  return action;
}

// The argument of page_pool_release that counts, include/trace/events/page_pool.h.
enum { RELEASED_INFLIGHT = 1 };

// Frames of a call come from the loopback device of the caller's namespace, which has no XDP
// otherwise. Receivers run inside the call as well and may redirect too: from other devices.
static __always_inline struct millrace_live* batch_of_call(const struct net_device* from) {
  struct millrace_live* live = batch();
  if (!live || live->task != bpf_get_current_task()) return 0;
  return from && from->ifindex != LOOPBACK_IFINDEX ? 0 : live;
}

// The frame that the program has filled last does not get as far as the device.
SEC("tp_btf/xdp_redirect_err")
int millrace_live_refused(__u64* arguments) {
  struct millrace_live* live = batch_of_call((const struct net_device*)arguments[REFUSED_FROM]);
  if (!live) return 0;
  const __u32 place = live->cursor - 1;
  if (place >= MILLRACE_LIVE_FRAMES) return 0;
  live->frames[place].refused = 1;
  ++live->refused;
  return 0;
}

SEC("tp_btf/xdp_devmap_xmit")
int millrace_live_bulk(__u64* arguments) {
  struct millrace_live* live = batch_of_call((const struct net_device*)arguments[BULK_FROM]);
  if (!live) return 0;
  const __u32 place = live->bulks;
  if (place >= MILLRACE_LIVE_BULKS) return 0;
  struct millrace_live_bulk* bulk = &live->bulk[place];
  bulk->ifindex = (__u32)((const struct net_device*)arguments[BULK_TO])->ifindex;
  bulk->sent = (__u16)arguments[BULK_SENT];
  bulk->refused = (__u16)arguments[BULK_REFUSED];
  bulk->error = (__s32)arguments[BULK_ERROR];
  live->bulks = place + 1;
  live->refused += bulk->refused;
  return 0;
}

// The page pool of a call ends with it. Pages that a receiver still has keep it in memory.
SEC("tp_btf/page_pool_release")
int millrace_live_held(__u64* arguments) {
  struct millrace_live* live = batch_of_call(0);
  if (live) live->held += (__u32)arguments[RELEASED_INFLIGHT];
  return 0;
}

char _license[] SEC("license") = "GPL";
