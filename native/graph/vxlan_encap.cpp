// VXLAN encapsulation, RFC 7348: the outer header comes from the VTEP, the peer and the inner flow,
// the way there from the FIB of the underlay.
#include "graph/vxlan_encap.hpp"

#include <algorithm>

#include "graph/checksum_offload.hpp"
#include "graph/next_hop.hpp"
#include "graph/nodes.hpp"
#include "graph/resolve.hpp"
#include "graph/vxlan_inner.hpp"
#include "graph/vxlan_outer.hpp"
#include "tables/vrf.hpp"

namespace millrace {

namespace {

// Kept free in front of a frame: the TX metadata of AF_XDP.
constexpr std::uint32_t kMetadataRoom = 24;

struct Carried {
  Packet* packet;
  const VxlanPeer* peer;
  InnerType type;
  std::uint32_t hash;
  std::uint32_t value = 0;  // in the FIB of the underlay
};

struct Tunnel {
  Graph& graph;
  const PortConfig& config;
  const VxlanPort& vxlan;
  bool answers;
};

const VxlanPeer* peer_of(const Tunnel& tunnel, Packet& packet) {
  if (packet.peer == 0) packet.peer = tunnel.vxlan.fdb->lookup(Fdb::key_of(0, packet.data));
  return is_peer(packet.peer) ? tunnel.graph.vxlan().peer(packet.peer) : nullptr;
}

bool has_headroom(const Graph& graph, const Packet& packet, bool ip6) {
  const std::uint8_t* begin = graph.pool.table().frame(packet.frame);
  return packet.data >= begin + vxlan_headers(ip6) + kMetadataRoom;
}

// A checksum that the pod has left to the device is completed here: behind the outer headers
// nobody would do it.
bool take_in(const Tunnel& tunnel, Packet* packet, Carried& carried) {
  Graph& graph = tunnel.graph;
  const auto refused = [&](DropReason reason) {
    graph.drop(*packet, reason);
    return false;
  };
  carried.type = inner_type(*packet);
  if (carried.type == InnerType::kTagged) return refused(DropReason::kVxlanInnerVlan);
  carried.peer = peer_of(tunnel, *packet);
  if (carried.peer == nullptr) return refused(DropReason::kVxlanNoPeer);
  if (!has_headroom(graph, *packet, carried.peer->address.ip6))
    return refused(DropReason::kVxlanHeadroom);
  if (packet->checksum_start != 0) complete_checksum(*packet, graph.pool.table());
  carried.packet = packet;
  carried.hash = inner_hash(*packet, carried.type);
  return true;
}

// All peers of a burst are looked up together, so that their cache misses overlap.
void look_up(const Vrf& underlay, Carried* carried, std::uint32_t count) {
  std::array<Ip4, kMaxBurst> addresses{};
  std::array<std::uint32_t, kMaxBurst> places;
  std::array<std::uint32_t, kMaxBurst> values;
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const IpAddress& address = carried[i].peer->address;
    if (address.ip6) {
      carried[i].value = underlay.fib6.lookup(address.bytes);
    } else {
      places[found] = i;
      addresses[found++] = load_be32(address.data());
    }
  }
  underlay.fib4.lookup_burst(addresses.data(), values.data(), found);
  for (std::uint32_t i = 0; i < found; ++i) carried[places[i]].value = values[i];
}

const Adjacency* way_of(Graph& graph, const Carried& carried) {
  const IpAddress& address = carried.peer->address;
  const auto lookup = [&](const Vrf& vrf) {
    return address.ip6 ? vrf.fib6.lookup(address.bytes)
                       : vrf.fib4.lookup(load_be32(address.data()));
  };
  const Adjacency* adjacency = &graph.adjacency(carried.value);
  if (adjacency->kind == AdjacencyKind::kRewrite) return adjacency;
  return follow(
      graph, *carried.packet, adjacency, [&] { return carried.hash; }, lookup);
}

// The packet of a pod that is too long for the way to its peer is answered with the length that is
// not (RFC 1191, RFC 8201); frames of a bridge are dropped as bridges do.
void refuse_length(const Tunnel& tunnel, const Carried& carried, std::uint32_t limit) {
  Packet& packet = *carried.packet;
  Graph& graph = tunnel.graph;
  const bool ip = carried.type == InnerType::kIp4 || carried.type == InnerType::kIp6;
  const bool from_pod = packet.in_port != tunnel.config.index && graph.has_port(packet.in_port) &&
                        !graph.config(packet.in_port).uplink;
  if (!tunnel.answers || !ip || !from_pod || tunnel.config.vrf == nullptr)
    return graph.drop(packet, DropReason::kMtuExceeded);
  const std::uint32_t mtu = limit - vxlan_headers(carried.peer->address.ip6);
  const bool ip6 = carried.type == InnerType::kIp6;
  packet.answer_with(ip6 ? icmp6::kTooBig : icmp4::kUnreachable, ip6 ? 0 : icmp4::kCodeFragNeeded,
                     DropReason::kMtuExceeded, mtu);
  (ip6 ? graph.icmp6_error : graph.icmp4_error).push(&packet);
}

std::uint8_t traffic_class_of(const Vtep& vtep, const Carried& carried) {
  const std::uint8_t inner = inner_traffic_class(*carried.packet, carried.type);
  if (vtep.dscp < 0) return inner;
  return static_cast<std::uint8_t>(vtep.dscp << 2 | (inner & kEcnMask));
}

void encapsulate(const Tunnel& tunnel, const Carried& carried, std::uint8_t ttl) {
  const Vtep& vtep = *tunnel.vxlan.vtep;
  write_outer(*carried.packet, {vtep, carried.peer->address, tunnel.vxlan.vni, carried.hash,
                                traffic_class_of(vtep, carried), ttl});
}

// Until the kernel has found the next hop. When it has, the packet passes the router of the
// underlay, which takes one from its TTL.
void wait_for_way(const Tunnel& tunnel, const Carried& carried, const Adjacency& adjacency) {
  const Vtep& vtep = *tunnel.vxlan.vtep;
  encapsulate(tunnel, carried, static_cast<std::uint8_t>(std::min(vtep.ttl + 1, 255)));
  Packet& packet = *carried.packet;
  packet.adjacency = &adjacency;
  packet.in_port = vtep.port;
  packet.peer = 0;
  wait_for_neighbour(tunnel.graph, &packet);
}

// limit: of the outer IP packet. What may be repeated must fit both networks.
void note_way(const Tunnel& tunnel, const Carried& carried, std::uint32_t limit) {
  Packet& packet = *carried.packet;
  const std::uint32_t headers = vxlan_headers(carried.peer->address.ip6);
  packet.via = tunnel.config.index;
  if (packet.longest != 0)
    packet.may_repeat(
        std::min<std::uint32_t>(packet.longest, limit > headers ? limit - headers : 0));
}

// True when the packet is ready to leave.
bool route(const Tunnel& tunnel, const Carried& carried) {
  Graph& graph = tunnel.graph;
  Packet& packet = *carried.packet;
  const Vtep& vtep = *tunnel.vxlan.vtep;
  const Adjacency* adjacency = way_of(graph, carried);
  if (adjacency == nullptr || !has_next_hop(adjacency->kind) || adjacency->tunnel) {
    graph.drop(packet, adjacency == nullptr || adjacency->tunnel ? DropReason::kRouteLoop
                                                                 : DropReason::kNoRoute);
    return false;
  }
  const std::uint32_t outer =
      packet.length + vxlan_headers(carried.peer->address.ip6) - kEthernetLength;
  const std::uint32_t path = carried.peer->mtu != 0 ? carried.peer->mtu : adjacency->mtu;
  const std::uint32_t limit = std::min(path, adjacency->mtu);
  if (outer > limit) {
    refuse_length(tunnel, carried, limit);
    return false;
  }
  if (adjacency->kind != AdjacencyKind::kRewrite) {
    wait_for_way(tunnel, carried, *adjacency);
    return false;
  }
  encapsulate(tunnel, carried, vtep.ttl);
  mark_used(*adjacency);
  note_way(tunnel, carried, limit);
  std::memcpy(packet.data, adjacency->destination.bytes.data(), 6);
  std::memcpy(packet.data + 6, adjacency->source.bytes.data(), 6);
  packet.out_port = adjacency->port;
  return true;
}

}  // namespace

void vxlan_send(Graph& graph, Packet** packets, std::uint32_t count, bool answers) {
  const PortConfig& config = graph.config(packets[0]->out_port);
  const Tunnel tunnel{graph, config, *config.vxlan, answers};
  std::array<Carried, kMaxBurst> carried;
  std::array<Packet*, kMaxBurst> ready;
  std::uint32_t taken = 0;
  std::uint32_t sent = 0;
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) taken += take_in(tunnel, packets[i], carried[taken]);
  look_up(*config.vxlan->vtep->underlay, carried.data(), taken);
  for (std::uint32_t i = 0; i < taken; ++i) {
    const std::uint32_t length = carried[i].packet->length;
    if (!route(tunnel, carried[i])) continue;
    bytes += length;
    ready[sent++] = carried[i].packet;
  }
  graph.counters(config.index).add(kTxPackets, sent);
  graph.counters(config.index).add(kTxBytes, bytes);
  for_each_run(ready.data(), sent, [&](std::uint16_t port, Packet** run, std::uint32_t length) {
    graph.send(port, run, length);
  });
}

void vxlan_encap(Graph& graph) {
  Burst& input = graph.vxlan_encap;
  for_each_run(input.begin(), input.size, [&](std::uint16_t, Packet** run, std::uint32_t length) {
    vxlan_send(graph, run, length, true);
  });
  input.size = 0;
}

}  // namespace millrace
