#pragma once
// What both families do alike between a valid packet and its next hop: the FIB, what it says, and
// the answers to packets that go no further. A Family says where in its header things are and what
// its ICMP calls them; see ip4_forward.cpp and ip6_forward.cpp.
#include "base/headers.hpp"
#include "graph/next_hop.hpp"

namespace millrace {

template <class Family>
void refuse(Graph& graph, Packet* packet, std::uint8_t type, std::uint8_t code, DropReason reason,
            std::uint32_t mtu = 0) {
  packet->answer_with(type, code, reason, mtu);
  (graph.*Family::kErrors).push(packet);
}

// Everything that a FIB can say but "send it there".
template <class Family>
void decide(Graph& graph, Packet* packet, const Adjacency* adjacency) {
  const auto unreachable = [&](std::uint8_t code, DropReason reason) {
    refuse<Family>(graph, packet, Family::kUnreachable, code, reason);
  };
  if (adjacency == nullptr) return graph.drop(*packet, DropReason::kRouteLoop);
  switch (adjacency->kind) {
    case AdjacencyKind::kBlackhole:
      return graph.drop(*packet, DropReason::kBlackhole);
    case AdjacencyKind::kUnreachable:
      return unreachable(Family::kCodeHost, DropReason::kUnreachable);
    case AdjacencyKind::kProhibit:
      return unreachable(Family::kCodeProhibited, DropReason::kProhibit);
    case AdjacencyKind::kUnresolved:
    case AdjacencyKind::kGlean:
      packet->adjacency = adjacency;
      return graph.resolve.push(packet);
    default:
      return unreachable(Family::kCodeNoRoute, DropReason::kNoRoute);
  }
}

template <class Family>
void send_to(Graph& graph, const PortConfig& config, Packet* packet, const Adjacency& adjacency) {
  if (packet->length - kEthernetLength > adjacency.mtu)
    return refuse<Family>(graph, packet, Family::kTooBig, Family::kCodeTooBig,
                          DropReason::kMtuExceeded, adjacency.mtu);
  if (config.partial_checksums) Family::note_checksum(*packet, graph.pool.table());
  Family::take_hop(packet->data + kEthernetLength);
  mark_used(adjacency);
  packet->adjacency = &adjacency;
  packet->may_repeat(adjacency.mtu);
  graph.rewrite.push(packet);
}

template <class Family>
void route(Graph& graph, const PortConfig& config, Packet* packet, std::uint32_t value) {
  const std::uint8_t* ip = packet->data + kEthernetLength;
  const Adjacency* adjacency = &graph.adjacency(value);
  if (adjacency->kind != AdjacencyKind::kRewrite)
    adjacency = follow(
        graph, *packet, adjacency, [&] { return Family::hash(*packet); },
        [&](const Vrf& vrf) { return Family::fib(vrf).lookup(Family::destination(ip)); });
  if (adjacency != nullptr && adjacency->kind == AdjacencyKind::kLocal)
    return (graph.*Family::kLocal).push(packet);
  // RFC 1812 5.2.1.2: the next hop first. Where there is none, the hops that are left do not count.
  if (adjacency == nullptr || !has_next_hop(adjacency->kind))
    return decide<Family>(graph, packet, adjacency);
  if (Family::hops_left(ip) <= 1)
    return refuse<Family>(graph, packet, Family::kTimeExceeded, 0, DropReason::kTtlExpired);
  if (adjacency->kind != AdjacencyKind::kRewrite) return decide<Family>(graph, packet, adjacency);
  send_to<Family>(graph, config, packet, *adjacency);
}

// Cuts the Ethernet padding off. A packet in several frames has none.
inline bool trim(Packet& packet, std::uint32_t length) {
  if (packet.tail != kNoFrame) return packet.length == length;
  packet.length = length;
  return true;
}

// All destinations of a burst are looked up together, so that their cache misses overlap.
// check(graph, config, packet): true when the packet may be looked up; it takes over the others.
template <class Family, class Check>
void forward_burst(Graph& graph, Burst& input, Check check) {
  const PortConfig& config = graph.config(input.packets[0]->in_port);
  std::array<Packet*, kMaxBurst> valid;
  std::array<typename Family::Address, kMaxBurst> destinations{};
  std::array<std::uint32_t, kMaxBurst> values;
  std::uint32_t count = 0;
  for (Packet* packet : input) {
    if (!check(graph, config, packet)) continue;
    destinations[count] = Family::destination(packet->data + kEthernetLength);
    valid[count++] = packet;
  }
  input.size = 0;
  Family::fib(*config.vrf).lookup_burst(destinations.data(), values.data(), count);
  for (std::uint32_t i = 0; i < count; ++i) route<Family>(graph, config, valid[i], values[i]);
}

}  // namespace millrace
