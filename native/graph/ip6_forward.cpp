// IPv6 router: RFC 8200, RFC 4291 2.5.6 (link-local stays on the link), RFC 3704 2.2.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/flow_hash.hpp"
#include "graph/next_hop.hpp"
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

bool source_is_genuine(const Graph& graph, const PortConfig& config, const Ip6& source) {
  if (config.has_ip6 && source == config.peer_ip6) return true;
  const std::uint8_t* bytes = source.bytes.data();  // nobody's, even by default route:
  if (is_multicast(bytes) || is_unspecified_or_loopback(bytes)) return false;
  return is_genuine(graph, config, source);
}

// Neighbour discovery is recognised by its type alone; nd_responder checks the rest.
bool is_nd(const Packet& packet, const std::uint8_t* ip) {
  if (ip[ip6::kNextHeader] != kProtoIcmp6 || packet.length <= kEthernetLength + ip6::kHeader)
    return false;
  const std::uint8_t type = ip[ip6::kHeader];
  return type >= 133 && type <= 137;
}

void refuse(Graph& graph, Packet* packet, std::uint8_t type, std::uint8_t code, DropReason reason,
            std::uint32_t mtu = 0) {
  packet->answer_with(type, code, reason, mtu);
  graph.icmp6_error.push(packet);
}

// Everything that a FIB can say but "send it there".
void decide(Graph& graph, Packet* packet, const Adjacency* adjacency) {
  if (adjacency == nullptr) return graph.drop(*packet, DropReason::kRouteLoop);
  switch (adjacency->kind) {
    case AdjacencyKind::kBlackhole:
      return graph.drop(*packet, DropReason::kBlackhole);
    case AdjacencyKind::kUnreachable:
      return refuse(graph, packet, icmp6::kUnreachable, icmp6::kCodeNoRoute,
                    DropReason::kUnreachable);
    case AdjacencyKind::kProhibit:
      return refuse(graph, packet, icmp6::kUnreachable, icmp6::kCodeProhibited,
                    DropReason::kProhibit);
    case AdjacencyKind::kUnresolved:
    case AdjacencyKind::kGlean:
      packet->adjacency = adjacency;
      return graph.resolve.push(packet);
    default:
      return refuse(graph, packet, icmp6::kUnreachable, icmp6::kCodeNoRoute, DropReason::kNoRoute);
  }
}

void send_to(Graph& graph, const PortConfig& config, Packet* packet, const Adjacency& adjacency) {
  if (packet->length - kEthernetLength > adjacency.mtu)
    return refuse(graph, packet, icmp6::kTooBig, 0, DropReason::kMtuExceeded, adjacency.mtu);
  if (config.partial_checksums) note_partial_checksum6(*packet, graph.pool.table());
  --packet->data[kEthernetLength + ip6::kHopLimit];
  mark_used(adjacency);
  packet->adjacency = &adjacency;
  graph.rewrite.push(packet);
}

void route(Graph& graph, const PortConfig& config, Packet* packet, std::uint32_t value) {
  const std::uint8_t* ip = packet->data + kEthernetLength;
  const Adjacency* adjacency = &graph.adjacency(value);
  if (adjacency->kind != AdjacencyKind::kRewrite)
    adjacency = follow(
        graph, *packet, adjacency, [&] { return flow_hash6(*packet); },
        [&](const Vrf& vrf) { return vrf.fib6.lookup(load_ip6(ip + ip6::kDestination)); });
  if (adjacency != nullptr && adjacency->kind == AdjacencyKind::kLocal)
    return graph.ip6_local.push(packet);
  // RFC 1812 5.2.1.2: the next hop first. Where there is none, the hops that are left do not count.
  if (adjacency == nullptr || !has_next_hop(adjacency->kind))
    return decide(graph, packet, adjacency);
  if (ip[ip6::kHopLimit] <= 1)
    return refuse(graph, packet, icmp6::kTimeExceeded, 0, DropReason::kTtlExpired);
  if (adjacency->kind != AdjacencyKind::kRewrite) return decide(graph, packet, adjacency);
  send_to(graph, config, packet, *adjacency);
}

// Cuts the Ethernet padding off. A packet in several frames has none.
bool trim(Packet& packet, std::uint32_t length) {
  if (packet.tail != kNoFrame) return packet.length == length;
  packet.length = length;
  return true;
}

// True when the packet may be looked up.
bool check(Graph& graph, const PortConfig& config, Packet* packet) {
  const auto refused = [&](DropReason reason) {
    graph.drop(*packet, reason);
    return false;
  };
  const std::uint8_t* ip = packet->data + kEthernetLength;
  if (packet->head_length() < kEthernetLength + ip6::kHeader || (ip[0] >> 4) != 6)
    return refused(DropReason::kIp6Malformed);
  const std::uint32_t total = ip6::kHeader + load_be16(ip + ip6::kPayloadLength);
  if (total > packet->length - kEthernetLength || !trim(*packet, kEthernetLength + total))
    return refused(DropReason::kIp6Malformed);
  if (is_nd(*packet, ip)) {
    graph.nd.push(packet);
    return false;
  }
  const std::uint8_t* destination = ip + ip6::kDestination;
  if (is_multicast(destination) || (packet->data[0] & 1) != 0)
    return refused(DropReason::kMulticast);
  if (is_unspecified_or_loopback(destination) || is_link_local(destination) ||
      is_link_local(ip + ip6::kSource))
    return refused(DropReason::kIp6Martian);
  if (!source_is_genuine(graph, config, load_ip6(ip + ip6::kSource)))
    return refused(DropReason::kSourceAddress);
  return true;
}

}  // namespace

// All destinations of a burst are looked up together, so that their cache misses overlap.
void ip6_forward(Graph& graph) {
  const PortConfig& config = graph.config(graph.ip6.packets[0]->in_port);
  std::array<Packet*, kMaxBurst> valid;
  std::array<Ip6, kMaxBurst> destinations{};
  std::array<std::uint32_t, kMaxBurst> values;
  std::uint32_t count = 0;
  for (Packet* packet : graph.ip6) {
    if (!check(graph, config, packet)) continue;
    destinations[count] = load_ip6(packet->data + kEthernetLength + ip6::kDestination);
    valid[count++] = packet;
  }
  graph.ip6.size = 0;
  config.vrf->fib6.lookup_burst(destinations.data(), values.data(), count);
  for (std::uint32_t i = 0; i < count; ++i) route(graph, config, valid[i], values[i]);
}

}  // namespace millrace
