// A frame enters a bridge domain (IEEE 802.1Q 8.6): whether it may, in which VLAN it is, who sent
// it, and where it goes.
#include "base/headers.hpp"
#include "graph/bridge_output.hpp"
#include "graph/bridge_source.hpp"
#include "graph/bridge_suppress.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

constexpr DropReason kPass = DropReason::kCount;

struct Context {
  Graph& graph;
  Bridge& bridge;
  const PortConfig& config;
  std::uint32_t now;  // seconds
  // The frames of a burst mostly come from one station: learned once, it is known to its end.
  Fdb::Key known = 0;
  std::uint16_t known_peer = 0;
};

// 01:80:c2:00:00:00 to 0f: never forwarded, IEEE 802.1Q table 8-1.
bool is_link_local_group(const std::uint8_t* mac) {
  return load_be32(mac) == 0x0180c200u && (load_be16(mac + 4) & 0xfff0) == 0;
}

bool is_station(const std::uint8_t* mac) {
  return (mac[0] & 1) == 0 && (load_be32(mac) | load_be16(mac + 4)) != 0;
}

DropReason check_addresses(const Packet& packet, const PortConfig& config) {
  if (is_link_local_group(packet.data)) return DropReason::kLinkLocalGroup;
  const std::uint8_t* source = packet.data + 6;
  const bool right = config.spoof_check ? equals(source, config.peer_mac) : is_station(source);
  return right ? kPass : DropReason::kSourceMac;
}

DropReason classify_tagged(Packet& packet, const PortConfig& config) {
  if (packet.head_length() < kEthernetLength + kTagLength) return DropReason::kRunt;
  const std::uint16_t vid = vid_of(packet);
  if (vid != 0) {
    packet.vlan = vid;
    if (config.tagged == nullptr) return DropReason::kVlanUnexpected;
    return vid == config.pvid || config.tagged->test(vid) ? kPass : DropReason::kVlanNotMember;
  }
  // Only the priority counts. Once it is stripped, a tag behind it would be a VLAN tag.
  packet.vlan = config.pvid;
  if (load_be16(packet.data + kEthernetLength + 2) == kEtherTypeVlan)
    return DropReason::kVlanUnexpected;
  return config.pvid != 0 ? kPass : DropReason::kVlanNotMember;
}

// Sets packet.vlan.
DropReason classify(Packet& packet, const PortConfig& config) {
  packet.vlan = config.pvid;
  if (is_transparent(config)) return kPass;
  if (type_of(packet) == kEtherTypeVlan) return classify_tagged(packet, config);
  return config.pvid != 0 ? kPass : DropReason::kVlanNotMember;
}

// Where the station is: behind a port of ours, or behind a VTEP.
std::uint16_t place_of(const Context& in, const Packet& packet) {
  return packet.peer != 0 ? packet.peer : in.config.index;
}

void tell(const Context& in, const Packet& packet, GraphEvent::Kind kind, std::uint16_t other) {
  const std::uint32_t number = kind == GraphEvent::Kind::kMacLimit;
  if (!in.bridge.fdb.may_tell(in.config.index, number, in.now)) return;
  GraphEvent event;
  event.kind = kind;
  event.port = place_of(in, packet);
  event.other_port = other;
  event.vlan = packet.vlan;
  event.network = in.bridge.id;
  std::memcpy(event.mac.bytes.data(), packet.data + 6, 6);
  in.graph.tell(event);
}

// Where nothing is learned from tunnels, which VTEP a station is behind is the control side's
// affair: only what is pinned to a port of ours is refused.
DropReason learn(Context& in, const Packet& packet, Fdb::Key source) {
  if (source == in.known && packet.peer == in.known_peer) return kPass;
  const bool controlled = in.config.vxlan != nullptr && !in.config.vxlan->learning;
  const bool learns = in.graph.learns && !controlled;
  const std::uint16_t place = place_of(in, packet);
  const Fdb::Learned learned =
      learns ? in.bridge.fdb.learn(source, place, in.now) : in.bridge.fdb.peek(source, place);
  if (learned.outcome == Fdb::Outcome::kKnown) {
    in.known = source;
    in.known_peer = packet.peer;
    return kPass;
  }
  if (learned.outcome == Fdb::Outcome::kStaticElsewhere)
    return controlled && is_peer(learned.other_port) ? kPass : DropReason::kSourceMac;
  if (!learns) return kPass;
  if (learned.outcome == Fdb::Outcome::kMoved) {
    in.graph.counters(in.config.index).add(kMacMoves, 1);
    in.graph.forget_lanes();
    tell(in, packet, GraphEvent::Kind::kMacMoved, learned.other_port);
  }
  if (learned.outcome != Fdb::Outcome::kPortLimit) return kPass;
  tell(in, packet, GraphEvent::Kind::kMacLimit, kNoPort);
  return DropReason::kMacLimit;
}

bool fits4(const Packet& packet, const std::uint8_t* ip, std::uint32_t l3, std::uint32_t total) {
  const std::uint32_t header = (ip[0] & 15u) * 4;
  return (ip[0] >> 4) == 4 && header >= ip4::kMinHeader && packet.head_length() >= l3 + header &&
         total >= header && packet.length >= l3 + total;
}

// Length of the frame without padding; 0 when there is no valid IP packet in it.
std::uint32_t exact_length(const Packet& packet, const Layer3& l3) {
  const std::uint8_t* ip = packet.data + l3.offset;
  if (l3.type == kEtherTypeIp4 && packet.head_length() >= l3.offset + ip4::kMinHeader) {
    const std::uint32_t total = load_be16(ip + ip4::kTotalLength);
    return fits4(packet, ip, l3.offset, total) ? l3.offset + total : 0;
  }
  if (l3.type == kEtherTypeIp6 && packet.head_length() >= l3.offset + ip6::kHeader) {
    const std::uint32_t end = l3.offset + ip6::kHeader + load_be16(ip + ip6::kPayloadLength);
    return (ip[0] >> 4) == 6 && end <= packet.length ? end : 0;
  }
  return 0;
}

// A checksum left to us covers no padding, so padding goes with it and otherwise stays.
void note_checksum(Packet& packet, const FrameTable& frames) {
  const Layer3 l3 = innermost(packet);
  const std::uint32_t exact = exact_length(packet, l3);
  if (exact == 0 || (packet.tail != kNoFrame && exact != packet.length)) return;
  const std::uint32_t padded = packet.length;
  packet.length = exact;
  if (l3.type == kEtherTypeIp4)
    note_partial_checksum4(packet, (packet.data[l3.offset] & 15u) * 4, frames, l3.offset);
  else
    note_partial_checksum6(packet, frames, l3.offset);
  if (packet.checksum_start == 0) packet.length = padded;
}

void leave(Graph& graph, Packet* packet, const PortConfig& out) {
  const DropReason reason = check_output(*packet, out);
  if (reason != kPass) return graph.drop(*packet, reason);
  set_tag(*packet, out);
  packet->out_port = out.index;
  (out.vxlan != nullptr ? graph.vxlan_encap : graph.transmit).push(packet);
}

// Never from one VTEP to another: they reach each other directly (split horizon).
void leave_to_peer(const Context& in, Packet* packet, std::uint16_t peer) {
  const PortConfig* out = in.bridge.vxlan.load(std::memory_order_acquire);
  if (packet->peer != 0) return in.graph.drop(*packet, DropReason::kSplitHorizon);
  if (out == nullptr) return in.graph.drop(*packet, DropReason::kVxlanNoPeer);
  packet->peer = peer;
  packet->may_repeat(out->mtu);
  leave(in.graph, packet, *out);
}

void forward(const Context& in, Packet* packet, std::uint16_t port) {
  Graph& graph = in.graph;
  if (port == kNoPort) return graph.bridge_flood.push(packet);
  if (is_peer(port)) return leave_to_peer(in, packet, port);
  if (port == in.config.index) return graph.drop(*packet, DropReason::kSamePort);
  // The number may belong to another network by now.
  if (!graph.has_port(port) || graph.config(port).bridge != &in.bridge)
    return graph.drop(*packet, DropReason::kPortGone);
  packet->may_repeat(graph.config(port).mtu);
  leave(graph, packet, graph.config(port));
}

DropReason admit(Context& in, Packet& packet) {
  DropReason reason = check_addresses(packet, in.config);
  if (reason == kPass) reason = classify(packet, in.config);
  if (reason == kPass && in.config.spoof_check) reason = check_source(packet, in.config);
  return reason == kPass ? learn(in, packet, Fdb::key_of(packet.vlan, packet.data + 6)) : reason;
}

void enter(Context& in, Packet* packet) {
  const DropReason reason = admit(in, *packet);
  if (reason != kPass) return in.graph.drop(*packet, reason);
  const bool group = (packet->data[0] & 1) != 0;
  // Who asks through a tunnel is answered by the host itself, or by the VTEP it asks first.
  if (group && packet->peer == 0 && answer_for_host(in.graph, in.bridge, in.config, *packet))
    return leave(in.graph, packet, in.config);
  if (in.config.partial_checksums) note_checksum(*packet, in.graph.pool.table());
  const Fdb::Key destination = Fdb::key_of(packet->vlan, packet->data);
  forward(in, packet, group ? kNoPort : in.bridge.fdb.lookup(destination));
}

// Both addresses of all frames first, so that their cache misses overlap. Not again what the frame
// before had, and not on a trunk: a tag decides where to look.
void prefetch(const Fdb& fdb, const Burst& frames, std::uint16_t vlan) {
  Fdb::Key destination = 0;
  Fdb::Key source = 0;
  for (std::uint32_t i = 0; i < frames.size; ++i) {
    const std::uint8_t* frame = frames.packets[i]->data;
    const Fdb::Key to = Fdb::key_of(vlan, frame);
    const Fdb::Key from = Fdb::key_of(vlan, frame + 6);
    if (to != destination) fdb.prefetch(destination = to);
    if (from != source) fdb.prefetch(source = from);
  }
}

}  // namespace

void bridge_input(Graph& graph) {
  const PortConfig& config = graph.config(graph.bridge.packets[0]->in_port);
  Context in{graph, *config.bridge, config, fdb_seconds(graph.now_ns)};
  if (config.tagged == nullptr) prefetch(in.bridge.fdb, graph.bridge, config.pvid);
  for (Packet* packet : graph.bridge) enter(in, packet);
  graph.bridge.size = 0;
}

}  // namespace millrace
