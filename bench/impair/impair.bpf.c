// SPDX-License-Identifier: GPL-2.0
// Hands every frame to the forwarder in user space, with the time of its arrival in front: queueing
// is then computed from when frames came, not from when the forwarder found the time to look.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} socket SEC(".maps");

SEC("xdp")
int stamp_and_redirect(struct xdp_md* ctx) {
  if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(__u64)) != 0) return XDP_ABORTED;
  __u64* arrived = (void*)(long)ctx->data_meta;
  if ((void*)(arrived + 1) > (void*)(long)ctx->data) return XDP_ABORTED;
  *arrived = bpf_ktime_get_ns();
  return bpf_redirect_map(&socket, 0, XDP_ABORTED);
}

char LICENSE[] SEC("license") = "GPL";
