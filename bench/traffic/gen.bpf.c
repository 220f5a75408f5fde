// Frame source: run by BPF_PROG_TEST_RUN with live frames, it writes one test frame per call and
// redirects it into a veth end, whose peer then receives xdp_frames as from a NIC's driver.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_helpers.h>

#include "flow.h"

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} out SEC(".maps");

// User space writes these once, before load.
const volatile __u64 template_words[FRAME_BYTES / 8];
const volatile __u32 flow_mask;
const volatile __u32 header_sum;

// The program writes, user space reads at the end.
__u64 sent;

SEC("xdp")
int generate(struct xdp_md* ctx) {
  __u8* frame = (void*)(long)ctx->data;
  if (frame + FRAME_BYTES > (__u8*)(long)ctx->data_end) return XDP_ABORTED;
    // Pages are recycled and come back as the device under test left them: write everything.
#pragma unroll
  for (int i = 0; i < FRAME_BYTES / 8; i++) ((__u64*)frame)[i] = template_words[i];
  if (flow_mask) write_flow(frame, flow_at((__u32)sent, flow_mask), header_sum);
  sent++;
  return bpf_redirect_map(&out, 0, XDP_ABORTED);
}

char LICENSE[] SEC("license") = "GPL";
