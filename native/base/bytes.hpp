#pragma once
// Unaligned big-endian access and address types. Every load and store goes through memcpy: frames
// have no alignment guarantee.
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>

namespace millrace {

inline std::uint16_t load_be16(const std::uint8_t* p) {
  std::uint16_t value;
  std::memcpy(&value, p, sizeof(value));
  return __builtin_bswap16(value);
}

inline std::uint32_t load_be32(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof(value));
  return __builtin_bswap32(value);
}

inline void store_be16(std::uint8_t* p, std::uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(p, &value, sizeof(value));
}

inline void store_be32(std::uint8_t* p, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(p, &value, sizeof(value));
}

struct Mac {
  std::array<std::uint8_t, 6> bytes{};
  bool operator==(const Mac&) const = default;
};

inline bool equals(const std::uint8_t* p, const Mac& mac) {
  return std::memcmp(p, mac.bytes.data(), 6) == 0;
}

// Host byte order, so that prefixes and ranges are plain comparisons.
using Ip4 = std::uint32_t;

struct Ip6 {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Ip6&) const = default;
};

inline Ip6 load_ip6(const std::uint8_t* p) {
  Ip6 address;
  std::memcpy(address.bytes.data(), p, 16);
  return address;
}

}  // namespace millrace
