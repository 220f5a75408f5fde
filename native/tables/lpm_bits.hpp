#pragma once
// Address bits of either family, left-aligned in 128 bits, so that one code orders, masks and
// slices IPv4 and IPv6 prefixes. An IPv4 address occupies the upper half of `high`.
#include <bit>
#include <compare>
#include <cstdint>

#include "base/bytes.hpp"

namespace millrace {

struct LpmBits {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const LpmBits&) const = default;
};

inline std::uint64_t load_be64(const std::uint8_t* p) {
  return std::uint64_t{load_be32(p)} << 32 | load_be32(p + 4);
}

inline LpmBits load_bits(const std::uint8_t* address, std::uint32_t address_bytes) {
  if (address_bytes == 4) return {std::uint64_t{load_be32(address)} << 32, 0};
  return {load_be64(address), load_be64(address + 8)};
}

inline void store_be64(std::uint8_t* p, std::uint64_t value) {
  store_be32(p, static_cast<std::uint32_t>(value >> 32));
  store_be32(p + 4, static_cast<std::uint32_t>(value));
}

inline void store_bits(std::uint8_t* address, const LpmBits& bits, std::uint32_t address_bytes) {
  if (address_bytes == 4) return store_be32(address, static_cast<std::uint32_t>(bits.high >> 32));
  store_be64(address, bits.high);
  store_be64(address + 8, bits.low);
}

// A word whose first n bits are set; n: 0 to 64.
inline std::uint64_t first_bits(std::uint32_t n) {
  return n == 0 ? 0 : ~std::uint64_t{0} << (64 - n);
}

inline LpmBits mask_bits(std::uint32_t length) {
  return {first_bits(length < 64 ? length : 64), first_bits(length < 64 ? 0 : length - 64)};
}

inline LpmBits masked(const LpmBits& bits, std::uint32_t length) {
  const LpmBits mask = mask_bits(length);
  return {bits.high & mask.high, bits.low & mask.low};
}

// The last address of a prefix.
inline LpmBits last_of(const LpmBits& prefix, std::uint32_t length) {
  const LpmBits mask = mask_bits(length);
  return {prefix.high | ~mask.high, prefix.low | ~mask.low};
}

inline std::uint32_t common_length(const LpmBits& a, const LpmBits& b) {
  if (a.high != b.high) return static_cast<std::uint32_t>(std::countl_zero(a.high ^ b.high));
  return 64 + static_cast<std::uint32_t>(std::countl_zero(a.low ^ b.low));
}

// Bits [first, first + count); count: 1 to 32.
inline std::uint32_t slice(const LpmBits& bits, std::uint32_t first, std::uint32_t count) {
  std::uint64_t aligned = first < 64 ? bits.high << first : bits.low << (first - 64);
  if (first > 0 && first < 64) aligned |= bits.low >> (64 - first);
  return static_cast<std::uint32_t>(aligned >> (64 - count));
}

// Sets the bits before `end` to value; they are zero, and end is not far behind a byte boundary.
inline LpmBits with_slice(LpmBits bits, std::uint32_t end, std::uint64_t value) {
  if (end <= 64)
    bits.high |= value << (64 - end);
  else
    bits.low |= value << (128 - end);
  return bits;
}

// A route as the tables handle it.
struct LpmRoute {
  LpmBits bits;
  std::uint32_t length = 0;
  std::uint32_t value = 0;
  std::uint32_t tag = 0;
};

}  // namespace millrace
