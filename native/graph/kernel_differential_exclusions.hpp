#pragma once
// Which packets are not sent at all, because the two routers differ on purpose, and why.
#include <string>

#include "graph/kernel_differential_packets.hpp"
#include "graph/kernel_differential_reading.hpp"

namespace millrace::differential {

inline bool leads_to(const Route* route, std::uint16_t port) {
  return route != nullptr &&
         std::any_of(route->hops.begin(), route->hops.end(),
                     [&](std::size_t hop) { return stations()[hop].port == port; });
}
inline bool is_pod_route(const Route* route) {
  return leads_to(route, kPodA) || leads_to(route, kPodB);
}

class Exclusions {
 public:
  explicit Exclusions(const Plan& plan) : plan_(plan) {}

  // Why the packet is not sent at all; "" when it is.
  std::string reason(const Input& input) const {
    const auto packet = read(input.frame);
    if (!packet) return "";
    const Route* const back = plan_.match(packet->source);
    if (back != nullptr && back->hops.size() > 1)
      return "source behind equal-cost hops: the kernel's answer takes one, ours the way it came";
    if (leads_to(back, input.port) && !equals(&input.frame[6], stations()[back->hops[0]].mac))
      return "from another neighbour of the uplink than the kernel's answer goes to";
    if (!leads_to(back, input.port) && !is_pod_route(back) && input.port == kUplink)
      return "uplink source routed elsewhere: ours are accepted (RFC 3704 2.4, asymmetric routing)";
    const Route* const there = plan_.match(packet->destination);
    if (there != nullptr && there->hops.size() > 1 && packet->length > kSmallestMtu)
      return "equal-cost hops behind different MTUs: the kernel's hash is another one";
    if (packet->ip6) return excluded6(*packet, back, input.port);
    return excluded4(*packet);
  }

 private:
  static std::string excluded4(const Reading& packet) {
    const std::uint16_t fragment = load_be16(packet.ip + ip4::kFragment);
    if (packet.length > kSmallestMtu && (fragment & ip4::kDontFragment) == 0)
      return "IPv4 without DF over an MTU: the kernel fragments, docs/packet-path.md";
    if (packet.header() <= packet.length && packet.has_options()) return unusual_options(packet);
    return "";
  }

  // Options that the kernel fills in or judges by their content. RFC 7126 4.5, 4.6: record route
  // and timestamp are better not served; the graph leaves them as they are.
  static std::string unusual_options(const Reading& packet) {
    for (std::uint32_t i = ip4::kMinHeader; i < packet.header();) {
      const std::uint8_t type = packet.ip[i];
      if (type == 0) return padding_is_zero(packet, i);
      const std::uint32_t length = type == 1 ? 1 : i + 1 < packet.header() ? packet.ip[i + 1] : 0;
      if (type != 1 && (length < 2 || i + length > packet.header())) return "";
      if (type == 7 || type == 68 || type == 134)
        return "IPv4 option that the kernel updates or validates (RFC 7126)";
      i += length;
    }
    return "";
  }

  static std::string padding_is_zero(const Reading& packet, std::uint32_t at) {
    const bool zero = std::all_of(packet.ip + at, packet.ip + packet.header(),
                                  [](std::uint8_t byte) { return byte == 0; });
    return zero ? "" : "something behind the end of the IPv4 options: the kernel zeroes it";
  }

  std::string excluded6(const Reading& packet, const Route* back, std::uint16_t port) const {
    if (!leads_to(back, port))
      return "IPv6 source that is not genuine: the kernel has no reverse path check";
    if (packet.protocol == kProtoIcmp6 && packet.length > ip6::kHeader &&
        packet.ip[ip6::kHeader] >= 130 && packet.ip[ip6::kHeader] <= 137)
      return "neighbour and listener discovery: not routing";
    if (packet.protocol == ip6::kDestinationOptions && packet.ip[ip6::kDestination] == 0xff)
      return "destination options to a group: the kernel is a member and judges them, ours is not";
    if (hop_by_hop_is_special(packet))
      return "hop-by-hop options but padding: routers may ignore them (RFC 8200 4.3), the kernel "
             "does not";
    return "";
  }
  static bool hop_by_hop_is_special(const Reading& packet) {
    if (packet.protocol != ip6::kHopByHop) return false;
    const std::uint8_t* header = packet.ip + ip6::kHeader;
    static constexpr std::uint8_t kPadding[6] = {1, 4, 0, 0, 0, 0};
    return packet.length < ip6::kHeader + 8 || header[1] != 0 ||
           std::memcmp(header + 2, kPadding, 6) != 0 ||
           load_be16(packet.ip + ip6::kPayloadLength) < 8;
  }

  const Plan& plan_;
};

}  // namespace millrace::differential
