// Answers ARP (RFC 826) for the gateway. The pod learns one neighbour and needs no other.
#include "base/headers.hpp"
#include "graph/nodes.hpp"
#include "graph/reverse_path.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kArpLength = 28;
constexpr std::uint16_t kRequest = 1, kReply = 2;

// Ethernet hardware, IPv4 protocol, address lengths 6 and 4.
constexpr std::uint8_t kHeader[6] = {0, 1, 8, 0, 6, 4};

void answer(Graph& graph, Packet* packet) {
  const PortConfig& config = graph.config(packet->in_port);
  if (packet->length < kEthernetLength + kArpLength)
    return graph.drop(*packet, DropReason::kArpMalformed);
  std::uint8_t* arp = packet->data + kEthernetLength;
  if (std::memcmp(arp, kHeader, sizeof(kHeader)) != 0 || !equals(arp + 8, config.peer_mac))
    return graph.drop(*packet, DropReason::kArpMalformed);
  // A sender of 0 is an address probe (RFC 5227): answered too, so that nobody takes the gateway's.
  // A pod that routes asks in the name of whoever it sends for.
  const Ip4 sender = load_be32(arp + 14);
  if (sender != 0 && sender != config.peer_ip4 &&
      !(config.has_ip4 && is_genuine(graph, config, sender)))
    return graph.drop(*packet, DropReason::kSourceAddress);
  const Vrf& vrf = *config.vrf;
  if (load_be16(arp + 6) != kRequest || !vrf.has_gateway4 || load_be32(arp + 24) != vrf.gateway4)
    return graph.drop(*packet, DropReason::kArpIgnored);

  store_be16(arp + 6, kReply);
  std::memcpy(arp + 18, arp + 8, 10);  // target := sender
  std::memcpy(arp + 8, config.mac.bytes.data(), 6);
  store_be32(arp + 14, vrf.gateway4);
  packet->length = kEthernetLength + kArpLength;
  packet->adjacency = &graph.reverse(*packet);
  graph.rewrite.push(packet);
}

}  // namespace

void arp_responder(Graph& graph) {
  for (Packet* packet : graph.arp) answer(graph, packet);
  graph.arp.size = 0;
}

}  // namespace millrace
