// Counts the test frames that arrive as they should and drops everything.
#include <linux/bpf.h>  // first: the helpers need its types

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flow.h"
#include "sink.h"

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct sink_counters);
} counters SEC(".maps");

const volatile __u8 expected_ttl = INITIAL_TTL - 1;
/* Bytes of the headers of a tunnel in front of a test frame. */
const volatile __u32 outer_bytes = 0;

static __always_inline int is_test_frame(const __u8* frame) {
  return *(const __u16*)(frame + 12) == bpf_htons(0x0800) && frame[IPV4_PROTOCOL] == PROTOCOL_UDP &&
         frame[IPV4_TTL] == expected_ttl &&
         *(const __u16*)(frame + UDP_DESTINATION) == bpf_htons(DISCARD_PORT);
}

static __always_inline int checksum_ok(const __u8* frame) {
  __u32 sum = 0;
#pragma unroll
  for (int i = 0; i < IPV4_BYTES; i += 2) sum += load16(frame + ETHERNET_BYTES + i);
  return fold_sum(sum) == 0xffff;
}

SEC("xdp.frags")
int count_and_drop(struct xdp_md* ctx) {
  const __u8* frame = (const __u8*)(long)ctx->data + outer_bytes;
  __u32 key = 0;
  struct sink_counters* seen = bpf_map_lookup_elem(&counters, &key);
  if (!seen) return XDP_ABORTED;
  if (frame + FRAME_BYTES > (const __u8*)(long)ctx->data_end || !is_test_frame(frame)) {
    seen->other++;
    return XDP_DROP;
  }
  // A sample is enough to catch a forwarder that breaks headers, and costs nothing measurable.
  if ((seen->packets++ & (CHECKSUM_SAMPLE - 1)) == 0 && !checksum_ok(frame)) seen->corrupt++;
  return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
