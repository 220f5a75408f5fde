// A pod with addresses sends as nobody else: neither in IPv4 and IPv6 headers nor in what ARP
// (RFC 826) and neighbour discovery (RFC 4861) say about who is where.
#include "graph/bridge_source.hpp"

#include <algorithm>

#include "base/headers.hpp"
#include "graph/bridge_frame.hpp"
#include "graph/ip6_extensions.hpp"

namespace millrace {

namespace {

constexpr DropReason kPass = DropReason::kCount;
constexpr std::uint32_t kArpLength = 28;
constexpr std::uint16_t kArpRequest = 1;
constexpr std::uint8_t kArpHeader[6] = {0, 1, 8, 0, 6, 4};
constexpr std::uint8_t kRouterSolicitation = 133, kRouterAdvertisement = 134, kRedirect = 137;

DropReason check_arp(const Packet& packet, std::uint32_t l3, const PortConfig& config) {
  const std::uint8_t* arp = packet.data + l3;
  if (packet.head_length() < l3 + kArpLength ||
      std::memcmp(arp, kArpHeader, sizeof(kArpHeader)) != 0)
    return DropReason::kArpMalformed;
  if (!equals(arp + 8, config.peer_mac)) return DropReason::kSourceAddress;
  const Ip4 sender = load_be32(arp + 14);
  if (config.has_ip4 && sender == config.peer_ip4) return kPass;
  // An address probe (RFC 5227 2.1.1).
  return sender == 0 && load_be16(arp + 6) == kArpRequest ? kPass : DropReason::kSourceAddress;
}

// Who asks a DHCP server for an address, or to keep one, may do so without (RFC 2131 4.1).
bool is_dhcp_request(const Packet& packet, std::uint32_t l3) {
  constexpr Ip4 kBroadcast = 0xffffffff;
  constexpr std::uint16_t kServerPort = 67, kPieces = ip4::kMoreFragments | ip4::kOffsetMask;
  const std::uint8_t* ip = packet.data + l3;
  const std::uint32_t udp = l3 + (ip[0] & 15U) * 4;
  return load_be32(ip + ip4::kSource) == 0 && load_be32(ip + ip4::kDestination) == kBroadcast &&
         ip[ip4::kProtocol] == kProtoUdp && (load_be16(ip + ip4::kFragment) & kPieces) == 0 &&
         udp + 4 <= packet.head_length() && load_be16(packet.data + udp + 2) == kServerPort;
}

DropReason check_ip4(const Packet& packet, std::uint32_t l3, const PortConfig& config) {
  const std::uint8_t* ip = packet.data + l3;
  if (packet.head_length() < l3 + ip4::kMinHeader || (ip[0] >> 4) != 4)
    return DropReason::kIp4Malformed;
  const bool own = config.has_ip4 && load_be32(ip + ip4::kSource) == config.peer_ip4;
  return own || is_dhcp_request(packet, l3) ? kPass : DropReason::kSourceAddress;
}

bool is_link_local(const std::uint8_t* address) {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}
bool is_own6(const std::uint8_t* address, const PortConfig& config) {
  return is_link_local(address) || (config.has_ip6 && load_ip6(address) == config.peer_ip6);
}

// Where the options of a neighbour discovery message begin; 0 for any other message.
std::uint32_t options_of(std::uint8_t type) {
  switch (type) {
    case kRouterSolicitation:
      return 8;
    case kRouterAdvertisement:
      return 16;
    case icmp6::kNeighborSolicitation:
    case icmp6::kNeighborAdvertisement:
      return 24;
    case kRedirect:
      return 40;
    default:
      return 0;
  }
}

DropReason check_nd_options(const std::uint8_t* option, const std::uint8_t* end,
                            const PortConfig& config) {
  while (option != end) {
    if (end - option < 8 || option[1] == 0 || end - option < option[1] * 8)
      return DropReason::kNdMalformed;
    const bool link_layer =
        option[0] == icmp6::kOptionSourceLinkLayer || option[0] == icmp6::kOptionTargetLinkLayer;
    if (link_layer && !equals(option + 2, config.peer_mac)) return DropReason::kSourceAddress;
    option += option[1] * 8;
  }
  return kPass;
}

// end: of the IPv6 packet in the frame; what lies behind it is padding and no receiver reads it.
DropReason check_icmp6(const Packet& packet, std::uint32_t offset, std::uint32_t end,
                       const PortConfig& config) {
  if (offset >= end) return kPass;
  const std::uint8_t* icmp = packet.data + offset;
  const std::uint32_t options = options_of(icmp[0]);
  if (options == 0) return kPass;
  if (end > packet.head_length() || offset + options > end) return DropReason::kNdMalformed;
  if (icmp[0] == icmp6::kNeighborAdvertisement && !is_own6(icmp + 8, config))
    return DropReason::kSourceAddress;
  return check_nd_options(icmp + options, packet.data + end, config);
}

bool is_extension(std::uint8_t protocol) {
  return protocol == ip6::kHopByHop || protocol == ip6::kRouting ||
         protocol == ip6::kDestinationOptions;
}

DropReason check_ip6(const Packet& packet, std::uint32_t l3, const PortConfig& config) {
  const std::uint8_t* ip = packet.data + l3;
  if (packet.head_length() < l3 + ip6::kHeader || (ip[0] >> 4) != 6)
    return DropReason::kIp6Malformed;
  // Who has no address yet asks groups only: duplicate detection, router solicitations, MLD.
  const bool unspecified = load_ip6(ip + ip6::kSource) == Ip6{} && ip[ip6::kDestination] == 0xff;
  if (!unspecified && !is_own6(ip + ip6::kSource, config)) return DropReason::kSourceAddress;
  // A discovery message must not hide behind more headers than are followed here. Fragments of one
  // are ignored by receivers, RFC 6980 5.
  const UpperLayer upper = find_upper_layer(packet, l3);
  if (is_extension(upper.protocol)) return DropReason::kIp6Malformed;
  if (upper.protocol != kProtoIcmp6) return kPass;
  const std::uint32_t end = l3 + ip6::kHeader + load_be16(ip + ip6::kPayloadLength);
  if (end > packet.length || upper.offset >= packet.head_length()) return DropReason::kIp6Malformed;
  return check_icmp6(packet, upper.offset, end, config);
}

}  // namespace

DropReason check_source(const Packet& packet, const PortConfig& config) {
  if (!config.has_ip4 && !config.has_ip6) return kPass;
  const Layer3 l3 = own_layer3(packet, config);
  switch (l3.type) {
    case kEtherTypeArp:
      return check_arp(packet, l3.offset, config);
    case kEtherTypeIp4:
      return check_ip4(packet, l3.offset, config);
    case kEtherTypeIp6:
      return check_ip6(packet, l3.offset, config);
    default:
      break;
  }
  // Still a priority tag: more of them than anybody needs, or one that is cut short.
  if (is_tag(l3.type) && (packet.head_length() < l3.offset + kTagLength ||
                          (load_be16(packet.data + l3.offset) & kVidMask) == 0))
    return DropReason::kVlanUnexpected;
  return kPass;
}

}  // namespace millrace
