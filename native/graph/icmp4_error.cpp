// ICMP errors (RFC 792, RFC 1812 4.3.2). The refused packet becomes the quotation: its own frame is
// reused and the new headers are written into the headroom in front of it.
#include <algorithm>

#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kIcmpHeader = 8;
constexpr std::uint32_t kMaxError = 576;         // RFC 1812 4.3.2.3
constexpr std::uint8_t kInternetControl = 0xc0;  // RFC 1812 4.3.2.5: precedence 6
// RFC 1812 4.3.2.5: that of the packet. Not its ECN bits: an error is not ECN-capable (RFC 3168 5).
constexpr std::uint8_t kTypeOfService = 0x1c;
constexpr std::uint8_t kErrorTtl = 64;

bool is_icmp_error(std::uint8_t type) {
  switch (type) {
    case icmp4::kUnreachable:
    case icmp4::kSourceQuench:
    case icmp4::kRedirect:
    case icmp4::kTimeExceeded:
    case icmp4::kParameterProblem:
      return true;
    default:
      return false;
  }
}

// RFC 1812 4.3.2.7: no error about an error, nor about any but the first fragment.
bool may_answer(const Packet& packet, const std::uint8_t* ip) {
  if ((load_be16(ip + ip4::kFragment) & ip4::kOffsetMask) != 0) return false;
  if (ip[ip4::kProtocol] != kProtoIcmp) return true;
  const std::uint32_t type_at = kEthernetLength + (ip[0] & 15u) * 4;
  return packet.length > type_at && !is_icmp_error(packet.data[type_at]);
}

void write_ip(std::uint8_t* ip, std::uint32_t total, Ip4 source, const std::uint8_t* quoted) {
  std::memset(ip, 0, ip4::kMinHeader);
  ip[0] = 0x45;
  ip[1] = kInternetControl | (quoted[1] & kTypeOfService);
  store_be16(ip + ip4::kTotalLength, static_cast<std::uint16_t>(total));
  ip[ip4::kTtl] = kErrorTtl;
  ip[ip4::kProtocol] = kProtoIcmp;
  store_be32(ip + ip4::kSource, source);
  std::memcpy(ip + ip4::kDestination, quoted + ip4::kSource, 4);
  const auto sum = static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, ip, ip4::kMinHeader)));
  std::memcpy(ip + ip4::kChecksum, &sum, 2);
}

void write_icmp(std::uint8_t* icmp, const Packet& packet, std::uint32_t length) {
  std::memset(icmp, 0, kIcmpHeader);
  icmp[0] = packet.icmp_type;
  icmp[1] = packet.icmp_code;
  // RFC 1191 4: the MTU; RFC 792: what a parameter problem points at.
  store_be32(icmp + 4, packet.icmp_type == icmp4::kParameterProblem ? packet.icmp_mtu << 24
                                                                    : packet.icmp_mtu);
  const auto sum = static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, icmp, length)));
  std::memcpy(icmp + 2, &sum, 2);
}

void build(Graph& graph, Packet& packet, Ip4 gateway) {
  graph.cut_tail(packet);
  std::uint8_t* quoted = packet.data + kEthernetLength;
  const std::uint32_t quote =
      std::min(packet.length - kEthernetLength, kMaxError - ip4::kMinHeader - kIcmpHeader);
  std::uint8_t* icmp = quoted - kIcmpHeader;
  std::uint8_t* ip = icmp - ip4::kMinHeader;
  const std::uint32_t total = ip4::kMinHeader + kIcmpHeader + quote;
  // The MACs, for an answer that is reflected; the ICMP header comes to lie on the old ones.
  std::memcpy(ip - kEthernetLength, packet.data, 12);
  write_icmp(icmp, packet, kIcmpHeader + quote);
  write_ip(ip, total, gateway, quoted);
  packet.data = ip - kEthernetLength;
  packet.length = kEthernetLength + total;
  store_be16(packet.data + 12, kEtherTypeIp4);
}

void answer(Graph& graph, Packet* packet) {
  const PortConfig& config = graph.config(packet->in_port);
  const Vrf& vrf = *config.vrf;
  if (!vrf.has_gateway4 || !may_answer(*packet, packet->data + kEthernetLength))
    return graph.drop(*packet, packet->reason);
  if (!graph.icmp_limiter.allow()) {
    graph.counters(packet->in_port).add(kIcmpLimited, 1);
    return graph.drop(*packet, packet->reason);
  }
  graph.count_drop(*packet, packet->reason);
  graph.counters(packet->in_port).add(kIcmpErrors, 1);
  build(graph, *packet, vrf.gateway4);
  packet->adjacency = &graph.reverse(*packet);
  graph.rewrite.push(packet);
}

}  // namespace

void icmp4_error(Graph& graph) {
  for (Packet* packet : graph.icmp4_error) answer(graph, packet);
  graph.icmp4_error.size = 0;
}

}  // namespace millrace
