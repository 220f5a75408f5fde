#include "graph/lane_recorder.hpp"

#include <cstring>

#include "base/headers.hpp"
#include "graph/graph.hpp"
#include "tables/vxlan.hpp"

namespace millrace {

namespace {

// Where the outer headers of a tunnel over IPv4 have what differs from peer to peer.
constexpr std::uint32_t kOuterSource = kEthernetLength + ip4::kSource;
constexpr std::uint32_t kOuterDestination = kEthernetLength + ip4::kDestination;
constexpr std::uint32_t kOuterUdp = kEthernetLength + ip4::kMinHeader;
constexpr std::uint32_t kOuterVni = kOuterUdp + kUdpHeader + 4;

std::uint64_t load64(const std::uint8_t* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

std::uint32_t load32(const std::uint8_t* p) {
  std::uint32_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

bool has_lane_ports(std::uint8_t protocol) {
  return protocol == kProtoTcp || protocol == kProtoUdp;
}

// How it came in: the port, whether out of a tunnel, and the Ethernet destination and VNI.
struct Arrival {
  std::uint16_t slot;
  bool tunnelled;
  std::uint64_t link;
};

std::uint64_t link_of(const std::uint8_t* ethernet, std::uint32_t vni) {
  return load32(ethernet + 2) | std::uint64_t{vni} << 32;
}

// The second word of a key.
std::uint64_t kind_of(const Arrival& arrival, std::uint8_t family) {
  const int tunnelled = arrival.tunnelled ? MILLRACE_LANE_TUNNELLED : 0;
  return std::uint64_t{arrival.slot} << MILLRACE_LANE_SLOT_SHIFT |
         static_cast<std::uint64_t>(family | tunnelled) << MILLRACE_LANE_KIND_SHIFT;
}

void set_scope(LaneFlow& flow, std::uint32_t scope, const std::uint8_t* ports,
               std::uint8_t protocol) {
  millrace_lane_narrow(flow.key, scope);
  if (scope == MILLRACE_LANE_PORTS)
    flow.key[1] |= load32(ports) | std::uint64_t{protocol} << MILLRACE_LANE_PROTOCOL_SHIFT;
}

std::uint32_t block_scope(const Vrf& vrf, Ip4 destination) {
  switch (vrf.fib4.bits_that_decide(destination)) {
    case 16:
      return MILLRACE_LANE_BLOCK16;
    case 24:
      return MILLRACE_LANE_BLOCK24;
    default:
      return MILLRACE_LANE_ADDRESS;
  }
}

// What the graph has gone by. A network's FIB does not know the node's own addresses behind an
// uplink, which are the kernel's: there, a flow has one destination.
std::uint32_t scope_of(const Packet& packet, const PortConfig& logical, const std::uint8_t* ip) {
  if (packet.by_ports) return MILLRACE_LANE_PORTS;
  if (logical.vrf == nullptr) return MILLRACE_LANE_ANYWHERE;
  const bool is_ip4 = (ip[0] >> 4) == 4;
  const bool from_uplink = logical.uplink && logical.has_device;
  if (from_uplink || packet.leaked || !is_ip4) return MILLRACE_LANE_ADDRESS;
  return block_scope(*logical.vrf, load_be32(ip + ip4::kDestination));
}

// As lane_parse() and lane_key() in bpf/lane_packet.bpf.h. False for packets that the program never
// looks up.
bool set_key(LaneFlow& flow, const std::uint8_t* frame, std::uint32_t length,
             const Arrival& arrival, std::uint32_t scope) {
  const std::uint8_t* ip = frame + kEthernetLength;
  const std::uint16_t type = load_be16(frame + 12);
  if (type == kEtherTypeIp4 && length >= kEthernetLength + ip4::kMinHeader + 4) {
    const bool fragment =
        (load_be16(ip + ip4::kFragment) & (ip4::kMoreFragments | ip4::kOffsetMask)) != 0;
    if (ip[0] != 0x45 || fragment || !has_lane_ports(ip[ip4::kProtocol])) return false;
    flow.key[0] = load64(ip + ip4::kSource);
    flow.key[1] = kind_of(arrival, MILLRACE_LANE_IP4);
    flow.key[2] = arrival.link;
    set_scope(flow, scope, ip + ip4::kMinHeader, ip[ip4::kProtocol]);
    return true;
  }
  if (type != kEtherTypeIp6 || length < kEthernetLength + ip6::kHeader + 4) return false;
  if ((ip[0] >> 4) != 6 || !has_lane_ports(ip[ip6::kNextHeader])) return false;
  flow.key[0] = load64(ip + ip6::kSource);
  flow.key[1] = kind_of(arrival, MILLRACE_LANE_IP6);
  flow.key[2] = arrival.link;
  flow.key[3] = load64(ip + ip6::kSource + 8);
  flow.key[4] = load64(ip + ip6::kDestination);
  flow.key[5] = load64(ip + ip6::kDestination + 8);
  set_scope(flow, scope, ip + ip6::kHeader, ip[ip6::kNextHeader]);
  return true;
}

// A tunnel over IPv6, or one that has its packets summed, stays with the loop.
bool set_outer(LaneFlow& flow, const std::uint8_t* frame, const Vtep& vtep) {
  if (load_be16(frame + 12) != kEtherTypeIp4 || load_be16(frame + kOuterUdp + 6) != 0) return false;
  std::uint8_t* outer = flow.outer.bytes;
  std::memcpy(outer, frame, sizeof(flow.outer.bytes));
  std::memset(outer + kEthernetLength + ip4::kTotalLength, 0, 2);
  std::memset(outer + kEthernetLength + ip4::kChecksum, 0, 2);
  std::memset(outer + kOuterUdp + 4, 0, 2);
  flow.action |= MILLRACE_LANE_ENCAP;
  if (vtep.dscp >= 0) flow.action |= MILLRACE_LANE_FIXED_DSCP;
  return true;
}

// As in the packet, its reserved byte 0.
std::uint32_t vni_of(const std::uint8_t* frame) {
  return load32(frame + kOuterVni) & __builtin_bswap32(0xffffff00u);
}

bool expect_outer(LaneFlow& flow, const std::uint8_t* frame) {
  if (load_be16(frame + 12) != kEtherTypeIp4 || frame[kEthernetLength] != 0x45) return false;
  flow.outer_source = load32(frame + kOuterSource);
  flow.outer_destination = load32(frame + kOuterDestination);
  flow.action |= MILLRACE_LANE_DECAP;
  return true;
}

}  // namespace

void LaneRecorder::note(Packet* packets, std::uint32_t count, const PortConfig& in) {
  in_ = &in;
  generation_ = lanes_->generation().now();
  for (std::uint32_t i = 0; i < count; ++i) {
    Packet& packet = packets[i];
    const std::uint32_t length = packet.head_length();
    packet.origin = length < kEthernetLength ? 0 : static_cast<std::uint16_t>(i + 1);
    if (packet.origin == 0) continue;
    Origin& origin = origins_[i];
    origin.data = packet.data;
    std::memcpy(origin.outer.data(), packet.data, origin.outer.size());
    // What is shorter comes out of no tunnel.
    if (in.uplink && length >= MILLRACE_LANE_OUTER + origin.inner.size())
      std::memcpy(origin.inner.data(), packet.data + MILLRACE_LANE_OUTER, origin.inner.size());
  }
}

void LaneRecorder::record(const Graph& graph, Packet* const* packets, std::uint32_t count,
                          const PortConfig& out) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const Packet& packet = *packets[i];
    if (packet.longest != 0 && packet.origin != 0 && packet.tail == kNoFrame && out.lane &&
        (in_->tc || lanes_->leads_to(out.index)))
      record(graph, packet, out);
  }
}

// Between what came in and what leaves there is either nothing, or the headers of one tunnel.
void LaneRecorder::record(const Graph& graph, const Packet& packet, const PortConfig& out) {
  const Origin& origin = origins_[packet.origin - 1u];
  const PortConfig& logical = graph.config(packet.in_port);
  const bool same_port = logical.index == in_->index;
  const std::ptrdiff_t added = origin.data - packet.data;
  LaneFlow flow{};
  flow.tunnel = MILLRACE_LANE_NO_SLOT;
  const std::uint8_t* inner = packet.data;
  const std::uint8_t* match = origin.outer.data();
  if (same_port && added == MILLRACE_LANE_OUTER && packet.via != 0) {
    const PortConfig& tunnel = graph.config(packet.via);
    if (!set_outer(flow, packet.data, *tunnel.vxlan->vtep)) return;
    flow.tunnel = tunnel.index;
    inner += MILLRACE_LANE_OUTER;
  } else if (!same_port && added == -MILLRACE_LANE_OUTER && logical.vxlan != nullptr) {
    if (!expect_outer(flow, origin.data)) return;
    flow.tunnel = logical.index;
    if (in_->partial_checksums) flow.action |= MILLRACE_LANE_OUTER_PARTIAL;
    match = origin.inner.data();
  } else if (!same_port || added != 0 || packet.via != 0) {
    return;
  }
  const std::uint32_t vni = same_port ? 0 : vni_of(origin.data);
  const auto length = static_cast<std::uint32_t>(packet.data + packet.head_length() - inner);
  const std::uint32_t scope = scope_of(packet, logical, inner + kEthernetLength);
  if (!set_key(flow, inner, length, {in_->index, !same_port, link_of(match, vni)}, scope)) return;
  flow.generation = generation_;
  flow.out = out.index;
  flow.longest = packet.longest;
  if (logical.vrf != nullptr) flow.action |= MILLRACE_LANE_ROUTE;
  if (logical.partial_checksums) flow.action |= MILLRACE_LANE_PARTIAL;
  std::memcpy(flow.match, match, sizeof(flow.match));
  std::memcpy(flow.ethernet, inner, sizeof(flow.ethernet));
  if (graph.learns)
    lanes_->put(flow, graph.now_ns);
  else
    found_ = lanes_->has(flow, graph.now_ns) ? Found::kKnown : Found::kNew;
}

}  // namespace millrace
