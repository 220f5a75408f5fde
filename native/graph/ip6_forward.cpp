// IPv6 router: RFC 8200, RFC 4291 2.5.6 (link-local stays on the link), RFC 3704 2.2.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/nodes.hpp"
#include "graph/reverse_path.hpp"

namespace millrace {

namespace {

bool is_multicast(const std::uint8_t* address) {
  return address[0] == 0xff;
}
bool is_link_local(const std::uint8_t* address) {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}
// :: and ::1 (RFC 4291 2.5.2, 2.5.3)
bool is_unspecified_or_loopback(const std::uint8_t* address) {
  static constexpr std::uint8_t kZeros[15] = {};
  return std::memcmp(address, kZeros, 15) == 0 && address[15] <= 1;
}

bool source_is_behind(const Graph& graph, const PortConfig& config, const Ip6& source) {
  if (config.has_ip6 && source == config.peer_ip6) return true;
  const std::uint8_t* bytes = source.bytes.data();  // nobody's, even by default route:
  if (is_multicast(bytes) || is_unspecified_or_loopback(bytes)) return false;
  return is_routed_to(graph, config, source);
}

// Neighbour discovery is recognised by its type alone; nd_responder checks the rest.
bool is_nd(const Packet& packet, const std::uint8_t* ip) {
  if (ip[ip6::kNextHeader] != kProtoIcmp6 || packet.length <= kEthernetLength + ip6::kHeader)
    return false;
  const std::uint8_t type = ip[ip6::kHeader];
  return type >= 133 && type <= 137;
}

void refuse(Graph& graph, Packet* packet, std::uint8_t type, DropReason reason,
            std::uint32_t mtu = 0) {
  packet->answer_with(type, 0, reason, mtu);
  graph.icmp6_error.push(packet);
}

void route(Graph& graph, const PortConfig& config, Packet* packet) {
  std::uint8_t* ip = packet->data + kEthernetLength;
  const std::uint32_t hop = config.vrf->fib6.lookup(load_ip6(ip + ip6::kDestination));
  if (hop == kNextHopLocal) return graph.ip6_local.push(packet);
  if (ip[ip6::kHopLimit] <= 1)
    return refuse(graph, packet, icmp6::kTimeExceeded, DropReason::kTtlExpired);
  if (hop < kFirstAdjacency)
    return refuse(graph, packet, icmp6::kUnreachable, DropReason::kNoRoute);
  const Adjacency& adjacency = graph.adjacency(hop);
  if (packet->length - kEthernetLength > adjacency.mtu)
    return refuse(graph, packet, icmp6::kTooBig, DropReason::kMtuExceeded, adjacency.mtu);
  if (config.partial_checksums) note_partial_checksum6(*packet);
  --ip[ip6::kHopLimit];
  packet->adjacency = &adjacency;
  graph.rewrite.push(packet);
}

void forward(Graph& graph, const PortConfig& config, Packet* packet) {
  const std::uint8_t* ip = packet->data + kEthernetLength;
  if (packet->length < kEthernetLength + ip6::kHeader || (ip[0] >> 4) != 6)
    return graph.drop(*packet, DropReason::kIp6Malformed);
  const std::uint32_t total = ip6::kHeader + load_be16(ip + ip6::kPayloadLength);
  if (total > packet->length - kEthernetLength)
    return graph.drop(*packet, DropReason::kIp6Malformed);
  packet->length = kEthernetLength + total;
  if (is_nd(*packet, ip)) return graph.nd.push(packet);
  const std::uint8_t* destination = ip + ip6::kDestination;
  if (is_multicast(destination) || (packet->data[0] & 1) != 0)
    return graph.drop(*packet, DropReason::kMulticast);
  if (is_unspecified_or_loopback(destination) || is_link_local(destination) ||
      is_link_local(ip + ip6::kSource))
    return graph.drop(*packet, DropReason::kIp6Martian);
  if (!source_is_behind(graph, config, load_ip6(ip + ip6::kSource)))
    return graph.drop(*packet, DropReason::kSourceAddress);
  route(graph, config, packet);
}

}  // namespace

void ip6_forward(Graph& graph) {
  const PortConfig& config = graph.port(graph.ip6.packets[0]->in_port).config;
  for (Packet* packet : graph.ip6) forward(graph, config, packet);
  graph.ip6.size = 0;
}

}  // namespace millrace
