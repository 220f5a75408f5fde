// Packets for the gateway itself: echo is answered (RFC 1122 3.2.2.6), the rest is refused.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/nodes.hpp"
#include "graph/segments.hpp"
#include "graph/vtep.hpp"

namespace millrace {

namespace {

constexpr std::uint8_t kReplyTtl = 64;

void swap_addresses(std::uint8_t* ip) {
  std::uint8_t source[4];
  std::memcpy(source, ip + ip4::kSource, 4);
  std::memcpy(ip + ip4::kSource, ip + ip4::kDestination, 4);
  std::memcpy(ip + ip4::kDestination, source, 4);
}

void reply(Graph& graph, Packet* packet, std::uint8_t* ip, std::uint32_t header_length) {
  std::uint8_t* icmp = ip + header_length;
  const FrameTable& frames = graph.pool.table();
  const std::uint32_t offset = kEthernetLength + header_length;
  if (packet->head_length() < offset + 8 || packet_sum(*packet, frames, offset) != 0xffff)
    return graph.drop(*packet, DropReason::kLocalMalformed);
  if (icmp[0] != icmp4::kEchoRequest || icmp[1] != 0)
    return graph.drop(*packet, DropReason::kLocalUnhandled);
  icmp[0] = icmp4::kEchoReply;
  store_be16(icmp + 2, 0);
  std::uint16_t sum = static_cast<std::uint16_t>(~packet_sum(*packet, frames, offset));
  std::memcpy(icmp + 2, &sum, 2);
  swap_addresses(ip);
  ip[ip4::kTtl] = kReplyTtl;
  store_be16(ip + ip4::kChecksum, 0);
  sum = static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, ip, header_length)));
  std::memcpy(ip + ip4::kChecksum, &sum, 2);
  packet->adjacency = &graph.reverse(*packet);
  graph.rewrite.push(packet);
}

void deliver(Graph& graph, Packet* packet) {
  std::uint8_t* ip = packet->data + kEthernetLength;
  const std::uint8_t protocol = ip[ip4::kProtocol];
  const bool fragment =
      (load_be16(ip + ip4::kFragment) & (ip4::kMoreFragments | ip4::kOffsetMask)) != 0;
  if (fragment) return graph.drop(*packet, DropReason::kLocalUnhandled);
  if (protocol == kProtoUdp && is_for_vtep(graph, *packet, kEthernetLength + (ip[0] & 15u) * 4,
                                           IpAddress::from(false, ip + ip4::kDestination)))
    return graph.vxlan_input.push(packet);
  if (protocol == kProtoIcmp) return reply(graph, packet, ip, (ip[0] & 15u) * 4);
  const bool has_ports = protocol == kProtoUdp || protocol == kProtoTcp;
  packet->answer_with(icmp4::kUnreachable, has_ports ? icmp4::kCodePort : icmp4::kCodeProtocol,
                      DropReason::kLocalUnhandled);
  graph.icmp4_error.push(packet);
}

}  // namespace

void ip4_local(Graph& graph) {
  for (Packet* packet : graph.ip4_local) deliver(graph, packet);
  graph.ip4_local.size = 0;
}

}  // namespace millrace
