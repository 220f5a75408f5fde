// Packets for the gateway itself: echo is answered (RFC 4443 4.2), the rest is refused.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/icmp6_checksum.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

constexpr std::uint8_t kReplyHopLimit = 64;

void reply(Graph& graph, Packet* packet, std::uint8_t* ip) {
  std::uint8_t* icmp = ip + ip6::kHeader;
  const std::uint32_t length = packet->length - kEthernetLength - ip6::kHeader;
  if (length < 8 || !icmp6_checksum_is_right(ip, length))
    return graph.drop(*packet, DropReason::kLocalMalformed);
  if (icmp[0] != icmp6::kEchoRequest || icmp[1] != 0)
    return graph.drop(*packet, DropReason::kLocalUnhandled);
  icmp[0] = icmp6::kEchoReply;
  const Ip6 source = load_ip6(ip + ip6::kSource);
  std::memcpy(ip + ip6::kSource, ip + ip6::kDestination, 16);
  std::memcpy(ip + ip6::kDestination, source.bytes.data(), 16);
  ip[ip6::kHopLimit] = kReplyHopLimit;
  store_icmp6_checksum(ip, length);
  packet->adjacency = &graph.reverse(*packet);
  graph.rewrite.push(packet);
}

void deliver(Graph& graph, Packet* packet) {
  std::uint8_t* ip = packet->data + kEthernetLength;
  const std::uint8_t next = ip[ip6::kNextHeader];
  if (next == kProtoIcmp6) return reply(graph, packet, ip);
  const bool has_ports = next == kProtoUdp || next == kProtoTcp;
  // RFC 8200 4: an unknown next header is a parameter problem that points at the field.
  if (has_ports)
    packet->answer_with(icmp6::kUnreachable, icmp6::kCodePort, DropReason::kLocalUnhandled);
  else
    packet->answer_with(icmp6::kParameterProblem, icmp6::kCodeUnrecognizedNextHeader,
                        DropReason::kLocalUnhandled, ip6::kNextHeader);
  graph.icmp6_error.push(packet);
}

}  // namespace

void ip6_local(Graph& graph) {
  for (Packet* packet : graph.ip6_local) deliver(graph, packet);
  graph.ip6_local.size = 0;
}

}  // namespace millrace
