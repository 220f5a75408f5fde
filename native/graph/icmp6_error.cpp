// ICMPv6 errors, RFC 4443 2.4 and 3. As in icmp4_error, the refused packet becomes the quotation.
#include <algorithm>

#include "base/headers.hpp"
#include "graph/icmp6_checksum.hpp"
#include "graph/ip6_extensions.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kIcmpHeader = 8;
constexpr std::uint8_t kErrorHopLimit = 64;

// RFC 4443 2.4 e.1: no error about an error. Multicast and unspecified sources never come here.
bool may_answer(const Packet& packet) {
  const UpperLayer upper = find_in_first_fragment(packet);
  if (upper.protocol != kProtoIcmp6) return true;
  return packet.length > upper.offset && packet.data[upper.offset] >= icmp6::kErrorLimit;
}

void write_ip(std::uint8_t* ip, std::uint32_t payload, const Ip6& source,
              const std::uint8_t* destination) {
  std::memset(ip, 0, 8);
  ip[0] = 0x60;
  store_be16(ip + ip6::kPayloadLength, static_cast<std::uint16_t>(payload));
  ip[ip6::kNextHeader] = kProtoIcmp6;
  ip[ip6::kHopLimit] = kErrorHopLimit;
  std::memcpy(ip + ip6::kSource, source.bytes.data(), 16);
  std::memcpy(ip + ip6::kDestination, destination, 16);
}

void build(Graph& graph, Packet& packet, const Ip6& gateway) {
  graph.cut_tail(packet);
  std::uint8_t* quoted = packet.data + kEthernetLength;
  const std::uint32_t quote =
      std::min(packet.length - kEthernetLength, ip6::kMinMtu - ip6::kHeader - kIcmpHeader);
  std::uint8_t* icmp = quoted - kIcmpHeader;
  std::uint8_t* ip = icmp - ip6::kHeader;
  // The MACs, for an answer that is reflected; the ICMP header comes to lie on the old ones.
  std::memcpy(ip - kEthernetLength, packet.data, 12);
  write_ip(ip, kIcmpHeader + quote, gateway, quoted + ip6::kSource);
  icmp[0] = packet.icmp_type;
  icmp[1] = packet.icmp_code;
  store_be32(icmp + 4, packet.icmp_mtu);
  store_icmp6_checksum(ip, kIcmpHeader + quote);
  packet.data = ip - kEthernetLength;
  packet.length = kEthernetLength + ip6::kHeader + kIcmpHeader + quote;
  store_be16(packet.data + 12, kEtherTypeIp6);
}

void answer(Graph& graph, Packet* packet) {
  const PortConfig& config = graph.config(packet->in_port);
  const Vrf& vrf = *config.vrf;
  if (!vrf.has_gateway6 || !may_answer(*packet)) return graph.drop(*packet, packet->reason);
  if (!graph.icmp_limiter.allow()) {
    graph.counters(packet->in_port).add(kIcmpLimited, 1);
    return graph.drop(*packet, packet->reason);
  }
  graph.count_drop(*packet, packet->reason);
  graph.counters(packet->in_port).add(kIcmpErrors, 1);
  build(graph, *packet, vrf.gateway6);
  packet->adjacency = &graph.reverse(*packet);
  graph.rewrite.push(packet);
}

}  // namespace

void icmp6_error(Graph& graph) {
  for (Packet* packet : graph.icmp6_error) answer(graph, packet);
  graph.icmp6_error.size = 0;
}

}  // namespace millrace
