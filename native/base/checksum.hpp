#pragma once
// Internet checksum (RFC 1071), its incremental update (RFC 1624) and CRC32c for SCTP (RFC 9260).
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"

namespace millrace {

// Sum of whole blocks of 64 bytes, with AVX2 where the CPU has it.
std::uint64_t checksum_add_blocks(const std::uint8_t* p, std::uint32_t blocks);

// Sums of 16-bit words in memory order; fold before use. Order does not matter to the checksum.
inline std::uint64_t checksum_add(std::uint64_t sum, const std::uint8_t* p, std::uint32_t length) {
  if (length >= 128) {  // headers are shorter and stay inline
    const std::uint32_t blocks = length / 64;
    sum += checksum_add_blocks(p, blocks);
    p += blocks * 64;
    length -= blocks * 64;
  }
  for (; length >= 8; length -= 8, p += 8) {
    std::uint32_t a;
    std::uint32_t b;
    std::memcpy(&a, p, 4);
    std::memcpy(&b, p + 4, 4);
    sum += a;
    sum += b;
  }
  for (; length >= 2; length -= 2, p += 2) {
    std::uint16_t word;
    std::memcpy(&word, p, 2);
    sum += word;
  }
  return length != 0 ? sum + *p : sum;
}

inline std::uint16_t checksum_fold(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// Sum of the pseudo-header in memory order: RFC 793 3.1 and RFC 8200 8.1. The addresses are
// contiguous in both headers: 8 bytes for IPv4, 32 for IPv6.
inline std::uint64_t pseudo_header_sum(const std::uint8_t* addresses, std::uint32_t address_bytes,
                                       std::uint8_t protocol, std::uint32_t length) {
  std::uint8_t tail[8] = {};
  store_be32(tail, length);
  tail[7] = protocol;
  return checksum_add(checksum_add(0, tail, 8), addresses, address_bytes);
}

// TTL and protocol share a 16-bit word, so TTL - 1 lowers the word by 0x0100: RFC 1624 eqn. 3.
inline void decrement_ttl(std::uint8_t* ttl, std::uint8_t* checksum) {
  --*ttl;
  std::uint32_t sum = load_be16(checksum) + 0x0100u;
  store_be16(checksum, static_cast<std::uint16_t>(sum + (sum >= 0xffff)));
}

// Start with kCrc32cStart, end with ~crc.
constexpr std::uint32_t kCrc32cStart = 0xffffffff;
inline std::uint32_t crc32c_add(std::uint32_t crc, const std::uint8_t* p, std::uint32_t length) {
#ifdef __SSE4_2__
  for (; length >= 8; length -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    crc = static_cast<std::uint32_t>(__builtin_ia32_crc32di(crc, word));
  }
  for (; length != 0; --length, ++p) crc = __builtin_ia32_crc32qi(crc, *p);
#else
  for (; length != 0; --length, ++p) {
    crc ^= *p;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1)));
  }
#endif
  return crc;
}
inline std::uint32_t crc32c(const std::uint8_t* p, std::uint32_t length) {
  return ~crc32c_add(kCrc32cStart, p, length);
}

}  // namespace millrace
