// Counts the frames of a trial, follows their sequence and the time they took, and drops
// everything: in the driver, or where the network stack would take them.
#include <linux/bpf.h>  // first: the helpers need its types
#include <linux/pkt_cls.h>

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

/* The bytes of a frame that can be looked at, and how many there are in all. */
struct frame {
  const __u8* data;
  const __u8* end;
  __u64 bytes;
};

/* A sample is enough to catch a device that breaks headers, and costs nothing measurable. */
static __always_inline void verify(const struct frame* frame, struct track* track) {
  const __u32 at = expected.l3_at & (MOST_OFFSET - 1);
  const __u8* ip = frame->data + at;
  if (at == 0 || ip + IPV4_BYTES > frame->end) return;
  const int is4 = ip[0] >> 4 == 4;
  const __u8 ttl = is4 ? ip[IPV4_TTL] : ip[IPV6_HOP_LIMIT];
  if (expected.ttl != 0 && ttl != expected.ttl) track->misrouted++;
  if (is4 && !ip_checksum_ok(ip)) track->corrupt++;
}

static __always_inline void count(const struct frame* frame, __u32 queue) {
  struct track* track = bpf_map_lookup_elem(&tracks, &queue);
  if (!track) return;
  if (expected.raw) {
    track->packets++;
    track->bytes += frame->bytes;
    return;
  }
  const __u8* stamp = frame->data + (expected.stamp_at & (MOST_OFFSET - 1));
  if (stamp + STAMP_BYTES > frame->end) {
    track->other++;
    return;
  }
  const __u32 tag = stamp_load16(stamp);
  if (tag != expected.tag || tag == 0) {
    if (tag == 0 || tag != expected.before) track->other++;
    return;
  }
  if ((track->packets++ & (SINK_SAMPLE - 1)) == 0) verify(frame, track);
  track->bytes += frame->bytes;
  const __u64 sent = stamp_load64(stamp + STAMP_TIME);
  track_sequence(track, stamp_load32(stamp + STAMP_SEQUENCE));
  if (sent != 0) track_delay(track, bpf_ktime_get_ns() - sent);
}

SEC("xdp.frags")
int count_and_drop(struct xdp_md* ctx) {
  const struct frame frame = {
      .data = (const __u8*)(long)ctx->data,
      .end = (const __u8*)(long)ctx->data_end,
      .bytes = bpf_xdp_get_buff_len(ctx),
  };
  count(&frame, ctx->rx_queue_index);
  return XDP_DROP;
}

/* Packets of one receive queue may come on several CPUs here: each CPU keeps its own track. */
SEC("tc")
int count_and_shoot(struct __sk_buff* skb) {
  const __u32 wanted = skb->len < MOST_OFFSET + STAMP_BYTES ? skb->len : MOST_OFFSET + STAMP_BYTES;
  if (skb->data_end - skb->data < wanted) bpf_skb_pull_data(skb, wanted);
  const struct frame frame = {
      .data = (const __u8*)(long)skb->data,
      .end = (const __u8*)(long)skb->data_end,
      .bytes = skb->len,
  };
  count(&frame, bpf_get_smp_processor_id() & (SINK_QUEUES - 1));
  return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
