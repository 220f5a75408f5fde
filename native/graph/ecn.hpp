#pragma once
// Congestion marks across a tunnel, RFC 6040: normal mode at the ingress (the mark is copied), and
// at the egress the combination of both headers (figure 4).
#include <cstdint>

#include "base/checksum.hpp"
#include "base/headers.hpp"

namespace millrace {

constexpr std::uint8_t kEcnMask = 3;
constexpr std::uint8_t kNotEct = 0, kEct1 = 1, kEct0 = 2, kCongestion = 3;

// False when the packet must be dropped: a mark that its sender would not understand.
inline bool combine_ecn(std::uint8_t outer, std::uint8_t& inner) {
  if (inner == kNotEct) return outer != kCongestion;
  if (outer == kCongestion) inner = kCongestion;
  if (outer == kEct1 && inner == kEct0) inner = kEct1;
  return true;
}

inline std::uint8_t traffic_class6(const std::uint8_t* ip) {
  return static_cast<std::uint8_t>(load_be16(ip) >> 4);
}

// Precondition: a whole header without options at least.
inline void set_ecn4(std::uint8_t* ip, std::uint8_t ecn) {
  const std::uint16_t before = load_be16(ip);
  const auto after = static_cast<std::uint16_t>((before & ~kEcnMask) | ecn);
  store_be16(ip, after);
  // RFC 1624 eqn. 3: HC' = ~(~HC + ~m + m')
  const std::uint32_t sum = static_cast<std::uint16_t>(~load_be16(ip + ip4::kChecksum)) +
                            static_cast<std::uint16_t>(~before) + std::uint32_t{after};
  const std::uint32_t once = (sum & 0xffff) + (sum >> 16);
  store_be16(ip + ip4::kChecksum, static_cast<std::uint16_t>(~((once & 0xffff) + (once >> 16))));
}

inline void set_ecn6(std::uint8_t* ip, std::uint8_t ecn) {
  ip[1] = static_cast<std::uint8_t>((ip[1] & ~(kEcnMask << 4)) | (ecn << 4));
}

}  // namespace millrace
