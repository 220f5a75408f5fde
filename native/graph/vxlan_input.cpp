// VXLAN decapsulation, RFC 7348: only from VTEPs that are known, only into networks that take part,
// and nothing that could reach another network from inside.
#include "base/checksum.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/nodes.hpp"
#include "graph/segments.hpp"
#include "graph/vxlan_inner.hpp"
#include "graph/vxlan_outer.hpp"

namespace millrace {

namespace {

constexpr DropReason kPass = DropReason::kCount;

struct Outer {
  std::uint32_t l4 = 0;
  std::uint8_t ecn = 0;
  IpAddress source{};
  const Vtep* vtep = nullptr;
};

void strip_outer(Packet& packet, const Outer& outer) {
  packet.data += outer.l4 + kUdpHeader + kVxlanHeader;
  packet.length -= outer.l4 + kUdpHeader + kVxlanHeader;
}

Outer read_outer(const Graph& graph, const Packet& packet) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  const Vrf* underlay = graph.config(packet.in_port).vrf;
  Outer outer;
  const bool ip6 = (ip[0] >> 4) == 6;
  outer.l4 = kEthernetLength + (ip6 ? ip6::kHeader : (ip[0] & 15u) * 4);
  outer.ecn = (ip6 ? traffic_class6(ip) : ip[1]) & kEcnMask;
  outer.source = IpAddress::from(ip6, ip + (ip6 ? ip6::kSource : ip4::kSource));
  const auto destination = IpAddress::from(ip6, ip + (ip6 ? ip6::kDestination : ip4::kDestination));
  outer.vtep = graph.vxlan().find(underlay, destination, load_be16(packet.data + outer.l4 + 2));
  return outer;
}

// Where the packet that the frame carries ends.
std::uint32_t ip_end(const Packet& packet, InnerType type) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  if (type == InnerType::kIp4) return kEthernetLength + load_be16(ip + ip4::kTotalLength);
  if (type == InnerType::kIp6)
    return kEthernetLength + ip6::kHeader + load_be16(ip + ip6::kPayloadLength);
  return packet.length;
}

// Where the checksum is that the inner packet leaves to us; nowhere in one that lies about its
// length, or goes on in further frames behind its end.
PartialChecksum find_inner_partial(Packet& inner) {
  const InnerType type = inner_type(inner);
  const std::uint32_t end = ip_end(inner, type);
  if (end > inner.length || (inner.tail != kNoFrame && end != inner.length)) return {};
  inner.length = end;
  if (type == InnerType::kIp4)
    return find_partial_checksum4(inner, (inner.data[kEthernetLength] & 15u) * 4);
  return type == InnerType::kIp6 ? find_partial_checksum6(inner) : PartialChecksum{};
}

// The inner checksum is still left to a device of the sender, which has counted on its completion:
// a segment with a right checksum sums up to what its pseudo-header lacks ("local checksum
// offload", Documentation/networking/checksum-offloads.rst).
bool counts_on_inner(const Packet& packet, const Outer& outer, std::uint64_t pseudo) {
  Packet inner = packet;
  strip_outer(inner, outer);
  const PartialChecksum left = find_inner_partial(inner);
  if (left.start == 0) return false;
  const std::uint8_t* udp = packet.data + outer.l4;
  const std::uint8_t* segment = inner.data + left.start;
  std::uint16_t field;
  std::memcpy(&field, segment + left.offset, 2);
  const auto rest = static_cast<std::uint16_t>(~field);
  return checksum_fold(
             checksum_add(pseudo + rest, udp, static_cast<std::uint32_t>(segment - udp))) == 0xffff;
}

// Zero is no checksum and is accepted over both families (RFC 7348 5, RFC 6935 5). One that a
// sender on this machine has left to its device holds the sum of the pseudo-header alone.
bool checksum_is_right(const Graph& graph, const Packet& packet, const Outer& outer,
                       std::uint32_t length) {
  std::uint16_t field;
  std::memcpy(&field, packet.data + outer.l4 + 6, 2);
  if (field == 0) return true;
  const bool ip6 = outer.source.ip6;
  const std::uint8_t* addresses =
      packet.data + kEthernetLength + (ip6 ? ip6::kSource : ip4::kSource);
  const std::uint64_t pseudo = pseudo_header_sum(addresses, ip6 ? 32 : 8, kProtoUdp, length);
  const bool partial = graph.config(packet.in_port).partial_checksums;
  if (partial && field == checksum_fold(pseudo)) return true;
  if (checksum_fold(pseudo + packet_sum(packet, graph.pool.table(), outer.l4)) == 0xffff)
    return true;
  return partial && counts_on_inner(packet, outer, pseudo);
}

DropReason check_outer(const Graph& graph, Packet& packet, const Outer& outer) {
  const std::uint32_t headers = outer.l4 + kUdpHeader + kVxlanHeader;
  if (packet.head_length() < headers + kEthernetLength) return DropReason::kVxlanMalformed;
  const std::uint32_t length = load_be16(packet.data + outer.l4 + 4);
  const std::uint32_t end = outer.l4 + length;
  if (outer.l4 + length < headers + kEthernetLength || end > packet.length ||
      (packet.tail != kNoFrame && end != packet.length))
    return DropReason::kVxlanMalformed;
  packet.length = end;
  if ((packet.data[outer.l4 + kUdpHeader] & kVniValid) == 0) return DropReason::kVxlanMalformed;
  return checksum_is_right(graph, packet, outer, length) ? kPass : DropReason::kVxlanChecksum;
}

DropReason combine(Packet& packet, InnerType type, std::uint8_t outer_ecn) {
  std::uint8_t* ip = packet.data + kEthernetLength;
  if (type != InnerType::kIp4 && type != InnerType::kIp6) return kPass;
  const std::uint8_t before = inner_traffic_class(packet, type) & kEcnMask;
  std::uint8_t ecn = before;
  if (!combine_ecn(outer_ecn, ecn)) return DropReason::kVxlanEcn;
  if (ecn != before) type == InnerType::kIp4 ? set_ecn4(ip, ecn) : set_ecn6(ip, ecn);
  return kPass;
}

DropReason check_inner(Packet& packet, const Outer& outer) {
  const InnerType type = inner_type(packet);
  if (type == InnerType::kTagged) return DropReason::kVxlanInnerVlan;
  if (!outer.vtep->nested && is_udp_for(packet, type, outer.vtep->udp_port))
    return DropReason::kVxlanNested;
  return combine(packet, type, outer.ecn);
}

DropReason decapsulate(const Graph& graph, Packet& packet) {
  const Outer outer = read_outer(graph, packet);
  if (outer.vtep == nullptr) return DropReason::kLocalUnhandled;  // it has just gone
  const DropReason reason = check_outer(graph, packet, outer);
  if (reason != kPass) return reason;
  const std::uint32_t vni = load_be32(packet.data + outer.l4 + kUdpHeader + 4) >> 8;
  const std::uint16_t* port = outer.vtep->vnis.find(vni);
  if (port == nullptr || !graph.has_port(*port)) return DropReason::kVxlanUnknownVni;
  const std::uint16_t* peer = outer.vtep->sources.find(outer.source);
  if (peer == nullptr) return DropReason::kVxlanUnknownPeer;
  strip_outer(packet, outer);
  const DropReason inner = check_inner(packet, outer);
  if (inner != kPass) return inner;
  packet.peer = *peer;
  packet.in_port = *port;
  return kPass;
}

}  // namespace

// What comes out goes through the graph once more, as if it came from the port of its VNI.
void vxlan_input(Graph& graph) {
  for (Packet* packet : graph.vxlan_input) {
    const DropReason reason = decapsulate(graph, *packet);
    if (reason != kPass)
      graph.drop(*packet, reason);
    else
      graph.inner.push(packet);
  }
  graph.vxlan_input.size = 0;
}

}  // namespace millrace
