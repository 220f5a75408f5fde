#pragma once
// What of an IP packet decides how it is compared.
#include <algorithm>
#include <optional>

#include "graph/kernel_differential_plan.hpp"

namespace millrace::differential {

struct Reading {
  bool ip6 = false;
  IpAddress source{}, destination{};
  std::uint8_t protocol = 0;
  const std::uint8_t* ip = nullptr;
  std::size_t length = 0;  // behind the Ethernet header

  // Of a damaged packet, no more than there is.
  std::uint32_t header() const {
    if (ip6) return ip6::kHeader;
    const std::size_t claimed = std::max<std::size_t>((ip[0] & 15u) * 4, ip4::kMinHeader);
    return static_cast<std::uint32_t>(std::min(claimed, length));
  }
  bool has_options() const { return !ip6 && header() > ip4::kMinHeader; }
};

// Nothing when the frame holds no IP packet.
inline std::optional<Reading> read(const Bytes& frame) {
  const std::uint16_t type = frame.size() < kEthernetLength ? 0 : load_be16(&frame[12]);
  const bool v6 = type == kEtherTypeIp6;
  if (!v6 && type != kEtherTypeIp4) return {};
  if (frame.size() < kEthernetLength + (v6 ? ip6::kHeader : ip4::kMinHeader)) return {};
  Reading reading{v6};
  reading.ip = &frame[kEthernetLength];
  reading.length = frame.size() - kEthernetLength;
  reading.source = IpAddress::from(v6, reading.ip + (v6 ? ip6::kSource : ip4::kSource));
  reading.destination =
      IpAddress::from(v6, reading.ip + (v6 ? ip6::kDestination : ip4::kDestination));
  reading.protocol = reading.ip[v6 ? ip6::kNextHeader : ip4::kProtocol];
  return reading;
}

inline bool is_gateway(const IpAddress& address) {
  return address == parse_address(address.ip6 ? kGateway6 : kGateway4);
}

inline std::uint32_t upper_offset(const Reading& packet, std::uint8_t& protocol) {
  std::uint32_t at = packet.header();
  protocol = packet.protocol;
  while (packet.ip6 && at + 8 <= packet.length &&
         (protocol == 0 || protocol == ip6::kRouting || protocol == ip6::kDestinationOptions)) {
    protocol = packet.ip[at];
    at += (packet.ip[at + 1] + 1u) * 8;
  }
  return at;
}
inline std::uint8_t upper_protocol(const Reading& packet) {
  std::uint8_t protocol = 0;
  upper_offset(packet, protocol);
  return protocol;
}

// RFC 768, RFC 8200 8.1: length and checksum.
inline bool udp_is_right(const Reading& packet) {
  std::uint8_t protocol = 0;
  const std::size_t at = upper_offset(packet, protocol);
  const std::size_t end = packet.ip6 ? ip6::kHeader + load_be16(packet.ip + ip6::kPayloadLength)
                                     : load_be16(packet.ip + ip4::kTotalLength);
  if (end > packet.length || at + 8 > end || load_be16(packet.ip + at + 4) != end - at)
    return false;
  if (load_be16(packet.ip + at + 6) == 0) return !packet.ip6;
  Bytes covered(packet.ip + (packet.ip6 ? ip6::kSource : ip4::kSource),
                packet.ip + (packet.ip6 ? ip6::kHeader : ip4::kMinHeader));
  covered.insert(covered.end(), {0, kProtoUdp, static_cast<std::uint8_t>((end - at) >> 8),
                                 static_cast<std::uint8_t>(end - at)});
  covered.insert(covered.end(), packet.ip + at, packet.ip + end);
  return reference_sum(covered) == 0xffff;
}

inline bool is_martian(const IpAddress& address) {
  const std::uint8_t first = address.data()[0];
  return first == 0 || first == 127 || first >= 224 || address.is_link_local();
}
// RFC 7126 4.3, 4.4: ours drops it, whether it is well-formed or there is a second one.
inline bool has_source_route(const Reading& packet) {
  const std::span<const std::uint8_t> options(packet.ip + ip4::kMinHeader,
                                              packet.header() - ip4::kMinHeader);
  return std::any_of(options.begin(), options.end(), [](std::uint8_t byte) {
    return byte == ip4::kOptionLooseRoute || byte == ip4::kOptionStrictRoute;
  });
}
inline bool ends_in_extensions(const Reading& packet) {
  const std::size_t end = std::min<std::size_t>(
      packet.length, ip6::kHeader + load_be16(packet.ip + ip6::kPayloadLength));
  std::uint8_t protocol = packet.protocol;
  std::size_t at = ip6::kHeader;
  const auto is_extension = [&] {
    return protocol == 0 || protocol == ip6::kRouting || protocol == ip6::kFragment ||
           protocol == ip6::kDestinationOptions;
  };
  while (is_extension() && at + 8 <= end) {
    const bool fragment = protocol == ip6::kFragment;
    if (fragment && (load_be16(packet.ip + at + 2) & 0xfff8) != 0) return false;
    protocol = packet.ip[at];
    at += fragment ? 8 : (packet.ip[at + 1] + 1u) * 8;
  }
  return is_extension() || at > end;
}
// Options but padding, and routing headers that are not used up: the kernel judges them (RFC 8200
// 4.2, 4.4), ours steps over them.
inline bool extensions_are_plain(const Reading& packet) {
  static constexpr std::uint8_t kPadding[7] = {0, 1, 4, 0, 0, 0, 0}, kRouted[3] = {0, 253, 0};
  std::uint8_t protocol = packet.protocol;
  for (std::uint32_t at = ip6::kHeader; at + 8 <= packet.length; at += 8) {
    const std::uint8_t* rest = packet.ip + at + 1;
    const bool routing = protocol == ip6::kRouting;
    if (!routing && protocol != 0 && protocol != ip6::kDestinationOptions) break;
    if (std::memcmp(rest, routing ? kRouted : kPadding, routing ? 3 : 7) != 0) return false;
    protocol = packet.ip[at];
  }
  return true;
}

}  // namespace millrace::differential
