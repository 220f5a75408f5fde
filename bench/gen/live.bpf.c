// Frame source: run by BPF_PROG_TEST_RUN with live frames, it writes one template per call and
// redirects it into an interface, whose peer then receives xdp_frames as from a NIC's driver.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_helpers.h>

#include "live.h"

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} out SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct short_template);
} short_templates SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct long_template);
} long_templates SEC(".maps");

// User space writes these once, before load.
const volatile __u32 template_count = 1;
const volatile __u32 frame_bytes = 60; /* of the longest; pages come with this length */
const volatile __u32 head_bytes = 60;  /* of every template, when they are short */
const volatile __u32 stamp_at = 0;     /* 0: none */
const volatile __u32 tag = 0;
const volatile __u32 time_mask = 0; /* of sequence numbers that carry a time */
const volatile __u64 limit = 0;     /* frames in all; 0: none */

// The program writes, user space reads at the end.
struct pace pace;
__u64 sent;
__u64 sent_bytes;
__u32 at_template;

/* When to send this frame: the time, or 0 when not now. */
static __always_inline __u64 may_send(void) {
  if (limit && sent >= limit) return 0;
  if (pace.interval == 0 && ((__u32)sent & time_mask)) return 1;
  const __u64 now = bpf_ktime_get_ns();
  if (pace.interval == 0) {
    if (!pace.start) pace.start = now;
    pace.last = now;
    return now;
  }
  return pace_allows(&pace, now) ? now : 0;
}

static __always_inline int finish(struct xdp_md* ctx, __u32 length, __u64 now) {
  if (stamp_at) {
    __u8* stamp = (void*)(long)ctx->data + stamp_at;
    if (stamp + STAMP_BYTES > (__u8*)(long)ctx->data_end) return XDP_ABORTED;
    write_stamp(stamp, tag, (__u32)sent, ((__u32)sent & time_mask) ? 0 : now);
  }
  if (length != frame_bytes && bpf_xdp_adjust_tail(ctx, (int)length - (int)frame_bytes) != 0)
    return XDP_ABORTED;
  sent++;
  sent_bytes += length;
  if (template_count > 1 && ++at_template >= template_count) at_template = 0;
  return bpf_redirect_map(&out, 0, XDP_ABORTED);
}

SEC("xdp")
int play_short(struct xdp_md* ctx) {
  const __u64 now = may_send();
  if (!now) return XDP_DROP;
  __u32 key = template_count > 1 ? at_template : 0;
  const struct short_template* from = bpf_map_lookup_elem(&short_templates, &key);
  if (!from) return XDP_ABORTED;
  __u8* frame = (void*)(long)ctx->data;
  if (frame + head_bytes > (__u8*)(long)ctx->data_end) return XDP_ABORTED;
    // Pages are recycled and come back as the device under test left them: write all headers. The
    // bound is known when the program is loaded, so what lies beyond costs nothing.
#pragma unroll
  for (__u32 at = 0; at < SHORT_HEAD; at += 8) {
    if (at + 8 <= head_bytes) *(__u64*)(frame + at) = *(const __u64*)(from->bytes + at);
  }
  const __u32 rest = head_bytes & ~7u;
  if (head_bytes & 4) *(__u32*)(frame + rest) = *(const __u32*)(from->bytes + rest);
  if (head_bytes & 2)
    *(__u16*)(frame + (head_bytes & ~3u)) = *(const __u16*)(from->bytes + (head_bytes & ~3u));
  return finish(ctx, from->length, now);
}

SEC("xdp")
int play_long(struct xdp_md* ctx) {
  const __u64 now = may_send();
  if (!now) return XDP_DROP;
  __u32 key = template_count > 1 ? at_template : 0;
  struct long_template* from = bpf_map_lookup_elem(&long_templates, &key);
  if (!from) return XDP_ABORTED;
  const __u32 head = from->head;
  if (head == 0 || head > LONG_HEAD) return XDP_ABORTED;
  if (bpf_xdp_store_bytes(ctx, 0, from->bytes, head) != 0) return XDP_ABORTED;
  return finish(ctx, from->length, now);
}

char LICENSE[] SEC("license") = "GPL";
