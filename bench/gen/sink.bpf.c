// Counts the frames of a trial, follows their sequence and the time they took, and drops
// everything.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_helpers.h>

#include "sink.h"
#include "stamp.h"

#define IPV4_BYTES 20
#define IPV4_TTL 8
#define IPV6_HOP_LIMIT 7
#define MOST_OFFSET 256

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, SINK_QUEUES);
  __type(key, __u32);
  __type(value, struct track);
} tracks SEC(".maps");

struct expected expected;

static __always_inline int ip_checksum_ok(const __u8* ip) {
  __u32 sum = 0;
#pragma unroll
  for (int i = 0; i < IPV4_BYTES; i += 2) sum += stamp_load16(ip + i);
  return stamp_fold(sum) == 0xffff;
}

/* A sample is enough to catch a device that breaks headers, and costs nothing measurable. */
static __always_inline void verify(struct xdp_md* ctx, struct track* track) {
  const __u32 at = expected.l3_at & (MOST_OFFSET - 1);
  const __u8* ip = (const __u8*)(long)ctx->data + at;
  if (at == 0 || ip + IPV4_BYTES > (const __u8*)(long)ctx->data_end) return;
  const int is4 = ip[0] >> 4 == 4;
  const __u8 ttl = is4 ? ip[IPV4_TTL] : ip[IPV6_HOP_LIMIT];
  if (expected.ttl != 0 && ttl != expected.ttl) track->misrouted++;
  if (is4 && !ip_checksum_ok(ip)) track->corrupt++;
}

SEC("xdp.frags")
int count_and_drop(struct xdp_md* ctx) {
  __u32 queue = ctx->rx_queue_index;
  struct track* track = bpf_map_lookup_elem(&tracks, &queue);
  if (!track) return XDP_DROP;
  if (expected.raw) {
    track->packets++;
    track->bytes += bpf_xdp_get_buff_len(ctx);
    return XDP_DROP;
  }
  const __u8* stamp = (const __u8*)(long)ctx->data + (expected.stamp_at & (MOST_OFFSET - 1));
  if (stamp + STAMP_BYTES > (const __u8*)(long)ctx->data_end) {
    track->other++;
    return XDP_DROP;
  }
  const __u32 tag = stamp_load16(stamp);
  if (tag != expected.tag || tag == 0) {
    if (tag == 0 || tag != expected.before) track->other++;
    return XDP_DROP;
  }
  if ((track->packets++ & (SINK_SAMPLE - 1)) == 0) verify(ctx, track);
  track->bytes += bpf_xdp_get_buff_len(ctx);
  const __u64 sent = stamp_load64(stamp + STAMP_TIME);
  track_sequence(track, stamp_load32(stamp + STAMP_SEQUENCE));
  if (sent != 0) track_delay(track, bpf_ktime_get_ns() - sent);
  return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
