#pragma once
// ICMPv6 checksum, RFC 4443 2.3: over the IPv6 pseudo-header and the whole message. ip points at an
// IPv6 header that the ICMPv6 message follows directly; length is that of the message.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/segments.hpp"

namespace millrace {

inline std::uint16_t icmp6_sum(const std::uint8_t* ip, std::uint32_t length) {
  const std::uint64_t pseudo = pseudo_header_sum(ip + ip6::kSource, 32, kProtoIcmp6, length);
  return checksum_fold(checksum_add(pseudo, ip + ip6::kHeader, length));
}

// The same for a packet that may go on in further frames.
inline std::uint16_t icmp6_sum(const Packet& packet, const FrameTable& frames) {
  const std::uint32_t length = packet.length - kEthernetLength - ip6::kHeader;
  const std::uint8_t* addresses = packet.data + kEthernetLength + ip6::kSource;
  return checksum_fold(pseudo_header_sum(addresses, 32, kProtoIcmp6, length) +
                       packet_sum(packet, frames, kEthernetLength + ip6::kHeader));
}

inline bool icmp6_checksum_is_right(const std::uint8_t* ip, std::uint32_t length) {
  return icmp6_sum(ip, length) == 0xffff;
}

inline void store_icmp6_checksum(std::uint8_t* ip, std::uint32_t length) {
  std::uint8_t* field = ip + ip6::kHeader + 2;
  store_be16(field, 0);
  const auto checksum = static_cast<std::uint16_t>(~icmp6_sum(ip, length));
  std::memcpy(field, &checksum, 2);
}

}  // namespace millrace
