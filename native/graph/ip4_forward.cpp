// IPv4 router: RFC 1812 5.2 and 5.3, reverse-path check RFC 3704 2.2 (strict).
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/flow_hash.hpp"
#include "graph/next_hop.hpp"
#include "graph/nodes.hpp"
#include "graph/reverse_path.hpp"

namespace millrace {

namespace {

struct Options {
  bool source_route = false;
  std::uint32_t malformed_at = 0;  // offset in the header; 0: nowhere
};

Options read_options(const std::uint8_t* header, std::uint32_t length) {
  for (std::uint32_t i = ip4::kMinHeader; i < length;) {
    const std::uint8_t option = header[i];
    if (option == ip4::kOptionEnd) break;
    if (option == ip4::kOptionLooseRoute || option == ip4::kOptionStrictRoute) return {true};
    if (option == ip4::kOptionNop) {
      ++i;
      continue;
    }
    if (i + 1 >= length || header[i + 1] < 2 || header[i + 1] > length - i) return {false, i};
    i += header[i + 1];
  }
  return {};
}

// RFC 1812 5.3.7 and RFC 3927 7: never forwarded, whatever the routes say.
bool is_martian(Ip4 address) {
  return (address >> 24) == 0 || (address >> 24) == 127 || (address >> 16) == 0xa9fe ||
         address >= 0xf0000000u;
}

bool is_multicast(Ip4 address) {
  return (address >> 28) == 14;
}

bool source_is_genuine(const Graph& graph, const PortConfig& config, Ip4 source) {
  if (source == config.peer_ip4 && config.has_ip4) return true;
  if (is_martian(source) || is_multicast(source)) return false;  // nobody's, even by default route
  return is_genuine(graph, config, source);
}

std::uint32_t header_length_of(const std::uint8_t* ip) {
  return (ip[0] & 15u) * 4;
}

bool is_valid(const std::uint8_t* ip, std::uint32_t head, std::uint32_t length) {
  const std::uint32_t header = header_length_of(ip);
  const std::uint32_t total = load_be16(ip + ip4::kTotalLength);
  return (ip[0] >> 4) == 4 && header >= ip4::kMinHeader && header <= head && total >= header &&
         total <= length;
}

void refuse(Graph& graph, Packet* packet, std::uint8_t type, std::uint8_t code, DropReason reason,
            std::uint32_t mtu = 0) {
  packet->answer_with(type, code, reason, mtu);
  graph.icmp4_error.push(packet);
}

// Everything that a FIB can say but "send it there".
void decide(Graph& graph, Packet* packet, const Adjacency* adjacency) {
  if (adjacency == nullptr) return graph.drop(*packet, DropReason::kRouteLoop);
  switch (adjacency->kind) {
    case AdjacencyKind::kBlackhole:
      return graph.drop(*packet, DropReason::kBlackhole);
    case AdjacencyKind::kUnreachable:
      return refuse(graph, packet, icmp4::kUnreachable, icmp4::kCodeHost, DropReason::kUnreachable);
    case AdjacencyKind::kProhibit:
      return refuse(graph, packet, icmp4::kUnreachable, icmp4::kCodeProhibited,
                    DropReason::kProhibit);
    case AdjacencyKind::kUnresolved:
    case AdjacencyKind::kGlean:
      packet->adjacency = adjacency;
      return graph.resolve.push(packet);
    default:
      return refuse(graph, packet, icmp4::kUnreachable, icmp4::kCodeNet, DropReason::kNoRoute);
  }
}

void send_to(Graph& graph, const PortConfig& config, Packet* packet, const Adjacency& adjacency) {
  std::uint8_t* ip = packet->data + kEthernetLength;
  if (packet->length - kEthernetLength > adjacency.mtu)
    return refuse(graph, packet, icmp4::kUnreachable, icmp4::kCodeFragNeeded,
                  DropReason::kMtuExceeded, adjacency.mtu);
  if (config.partial_checksums)
    note_partial_checksum4(*packet, header_length_of(ip), graph.pool.table());
  decrement_ttl(ip + ip4::kTtl, ip + ip4::kChecksum);
  mark_used(adjacency);
  packet->adjacency = &adjacency;
  graph.rewrite.push(packet);
}

void route(Graph& graph, const PortConfig& config, Packet* packet, std::uint32_t value) {
  const std::uint8_t* ip = packet->data + kEthernetLength;
  const Adjacency* adjacency = &graph.adjacency(value);
  if (adjacency->kind != AdjacencyKind::kRewrite)
    adjacency = follow(
        graph, *packet, adjacency, [&] { return flow_hash4(*packet, header_length_of(ip)); },
        [&](const Vrf& vrf) { return vrf.fib4.lookup(load_be32(ip + ip4::kDestination)); });
  if (adjacency != nullptr && adjacency->kind == AdjacencyKind::kLocal)
    return graph.ip4_local.push(packet);
  // RFC 1812 5.2.1.2: the next hop first. Where there is none, the hops that are left do not count.
  if (adjacency == nullptr || !has_next_hop(adjacency->kind))
    return decide(graph, packet, adjacency);
  if (ip[ip4::kTtl] <= 1)
    return refuse(graph, packet, icmp4::kTimeExceeded, 0, DropReason::kTtlExpired);
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
  if (packet->length < kEthernetLength + ip4::kMinHeader) return refused(DropReason::kIp4Malformed);
  const std::uint8_t* ip = packet->data + kEthernetLength;
  if (!is_valid(ip, packet->head_length() - kEthernetLength, packet->length - kEthernetLength))
    return refused(DropReason::kIp4Malformed);
  const std::uint32_t header_length = header_length_of(ip);
  if (checksum_fold(checksum_add(0, ip, header_length)) != 0xffff)
    return refused(DropReason::kIp4Checksum);
  const Options options = read_options(ip, header_length);
  if (options.source_route) return refused(DropReason::kIp4SourceRoute);
  if (!source_is_genuine(graph, config, load_be32(ip + ip4::kSource)))
    return refused(DropReason::kSourceAddress);
  const Ip4 destination = load_be32(ip + ip4::kDestination);
  if (is_multicast(destination)) return refused(DropReason::kMulticast);
  if (is_martian(destination)) return refused(DropReason::kIp4Martian);
  if (!trim(*packet, kEthernetLength + load_be16(ip + ip4::kTotalLength)))
    return refused(DropReason::kIp4Malformed);
  if (options.malformed_at == 0) return true;
  refuse(graph, packet, icmp4::kParameterProblem, 0, DropReason::kIp4Malformed,
         options.malformed_at);  // RFC 1812 4.3.3.5
  return false;
}

}  // namespace

// All destinations of a burst are looked up together, so that their cache misses overlap.
void ip4_forward(Graph& graph) {
  const PortConfig& config = graph.config(graph.ip4.packets[0]->in_port);
  std::array<Packet*, kMaxBurst> valid;
  std::array<Ip4, kMaxBurst> destinations{};
  std::array<std::uint32_t, kMaxBurst> values;
  std::uint32_t count = 0;
  for (Packet* packet : graph.ip4) {
    if (!check(graph, config, packet)) continue;
    destinations[count] = load_be32(packet->data + kEthernetLength + ip4::kDestination);
    valid[count++] = packet;
  }
  graph.ip4.size = 0;
  config.vrf->fib4.lookup_burst(destinations.data(), values.data(), count);
  for (std::uint32_t i = 0; i < count; ++i) route(graph, config, valid[i], values[i]);
}

}  // namespace millrace
