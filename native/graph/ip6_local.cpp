// Packets for the gateway itself: echo is answered (RFC 4443 4.2), the rest is refused.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/icmp6_checksum.hpp"
#include "graph/ip6_extensions.hpp"
#include "graph/nodes.hpp"
#include "graph/vtep.hpp"

namespace millrace {

namespace {

constexpr std::uint8_t kReplyHopLimit = 64;

void reply(Graph& graph, Packet* packet, std::uint8_t* ip) {
  std::uint8_t* icmp = ip + ip6::kHeader;
  const FrameTable& frames = graph.pool.table();
  if (packet->head_length() < kEthernetLength + ip6::kHeader + 8 ||
      icmp6_sum(*packet, frames) != 0xffff)
    return graph.drop(*packet, DropReason::kLocalMalformed);
  if (icmp[0] != icmp6::kEchoRequest || icmp[1] != 0)
    return graph.drop(*packet, DropReason::kLocalUnhandled);
  icmp[0] = icmp6::kEchoReply;
  const Ip6 source = load_ip6(ip + ip6::kSource);
  std::memcpy(ip + ip6::kSource, ip + ip6::kDestination, 16);
  std::memcpy(ip + ip6::kDestination, source.bytes.data(), 16);
  ip[ip6::kHopLimit] = kReplyHopLimit;
  store_be16(icmp + 2, 0);
  const auto checksum = static_cast<std::uint16_t>(~icmp6_sum(*packet, frames));
  std::memcpy(icmp + 2, &checksum, 2);
  packet->adjacency = &graph.reverse(*packet);
  graph.rewrite.push(packet);
}

// The packet without its extension headers: an answer has none of them (RFC 4443 4.2).
std::uint8_t* strip_extensions(Packet& packet, std::uint32_t offset) {
  const std::uint32_t extensions = offset - kEthernetLength - ip6::kHeader;
  std::memmove(packet.data + extensions, packet.data, kEthernetLength + ip6::kHeader);
  packet.data += extensions;
  packet.length -= extensions;
  std::uint8_t* ip = packet.data + kEthernetLength;
  ip[ip6::kNextHeader] = kProtoIcmp6;
  store_be16(ip + ip6::kPayloadLength,
             static_cast<std::uint16_t>(packet.length - kEthernetLength - ip6::kHeader));
  return ip;
}

void deliver(Graph& graph, Packet* packet) {
  const std::uint8_t* ip = packet->data + kEthernetLength;
  if (ip[ip6::kNextHeader] == kProtoUdp &&
      is_for_vtep(graph, *packet, kEthernetLength + ip6::kHeader,
                  IpAddress::from(true, ip + ip6::kDestination)))
    return graph.vxlan_input.push(packet);
  const UpperLayer upper = find_upper_layer(*packet);
  const bool cut_short = upper.offset > packet->head_length() || is_extension(upper.protocol);
  if (cut_short) return graph.drop(*packet, DropReason::kLocalMalformed);
  if (upper.protocol == kProtoIcmp6)
    return reply(graph, packet, strip_extensions(*packet, upper.offset));
  if (upper.protocol == ip6::kFragment || upper.protocol == ip6::kNoNextHeader)
    return graph.drop(*packet, DropReason::kLocalUnhandled);
  const bool has_ports = upper.protocol == kProtoUdp || upper.protocol == kProtoTcp;
  // RFC 8200 4: an unknown next header is a parameter problem that points at the field.
  if (has_ports)
    packet->answer_with(icmp6::kUnreachable, icmp6::kCodePort, DropReason::kLocalUnhandled);
  else
    packet->answer_with(icmp6::kParameterProblem, icmp6::kCodeUnrecognizedNextHeader,
                        DropReason::kLocalUnhandled, upper.named_at);
  graph.icmp6_error.push(packet);
}

}  // namespace

void ip6_local(Graph& graph) {
  for (Packet* packet : graph.ip6_local) deliver(graph, packet);
  graph.ip6_local.size = 0;
}

}  // namespace millrace
