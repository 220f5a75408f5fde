#pragma once
/*
 * What the generator writes into each frame behind its L4 header, and the sink reads: 18 bytes, big
 * endian, at any offset. Plain C for the BPF programs and the C++ tools.
 *
 *   tag 16 | complement 16 | sequence 32 | nanoseconds 64 | reserved 16
 *
 * The complement makes the one's complement sum of the 18 bytes zero (RFC 1071), so that an L4
 * checksum computed over zeros in their place stays right. Time is CLOCK_MONOTONIC; 0: not taken.
 */
#include <linux/types.h>

#define STAMP_BYTES 18
#define STAMP_SEQUENCE 4
#define STAMP_TIME 8

/*
 * A stamp lies wherever the headers end. BPF programs write its fields whole, which x86 and arm64
 * allow at any address; C++ may not, and its compiler makes as little of a memcpy.
 */
#ifdef __bpf__
#define STAMP_PUT(type, at, value) (*(type*)(at) = (value))
#define STAMP_GET(type, at) (*(const type*)(at))
#else
#include <string.h>
#define STAMP_PUT(type, at, value) \
  do {                             \
    const type put = (value);      \
    memcpy(at, &put, sizeof put);  \
  } while (0)
#define STAMP_GET(type, at)       \
  __extension__({                 \
    type got;                     \
    memcpy(&got, at, sizeof got); \
    got;                          \
  })
#endif

static inline __u32 stamp_load16(const __u8* at) {
  return __builtin_bswap16(STAMP_GET(__u16, at));
}

static inline __u32 stamp_load32(const __u8* at) {
  return __builtin_bswap32(STAMP_GET(__u32, at));
}

static inline __u64 stamp_load64(const __u8* at) {
  return __builtin_bswap64(STAMP_GET(__u64, at));
}

static inline __u32 stamp_fold(__u64 sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (__u32)((sum & 0xffff) + (sum >> 16));
}

static inline void write_stamp(__u8* at, __u32 tag, __u32 sequence, __u64 nanoseconds) {
  const __u32 high = (__u32)(nanoseconds >> 32);
  const __u32 low = (__u32)nanoseconds;
  /* 32-bit words fold to the same sum as their halves. */
  const __u32 sum = stamp_fold((__u64)tag + sequence + high + low);
  STAMP_PUT(__u16, at, __builtin_bswap16((__u16)tag));
  STAMP_PUT(__u16, at + 2, __builtin_bswap16((__u16)~sum));
  STAMP_PUT(__u32, at + STAMP_SEQUENCE, __builtin_bswap32(sequence));
  STAMP_PUT(__u64, at + STAMP_TIME, __builtin_bswap64(nanoseconds));
  STAMP_PUT(__u16, at + 16, 0);
}
