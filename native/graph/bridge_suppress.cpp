// ARP (RFC 826, address conflicts RFC 5227) and neighbour discovery (RFC 4861 7.2) on behalf of a
// known host.
#include "graph/bridge_suppress.hpp"

#include "base/headers.hpp"
#include "graph/bridge_frame.hpp"
#include "graph/icmp6_checksum.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kArpLength = 28;
constexpr std::uint16_t kArpRequest = 1, kArpReply = 2;
constexpr std::uint8_t kArpHeader[6] = {0, 1, 8, 0, 6, 4};
constexpr std::uint8_t kBroadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr std::uint32_t kSolicitation = 24, kAdvertisement = 32;
constexpr std::uint8_t kNdHopLimit = 255;
constexpr std::uint8_t kRouter = 0x80, kSolicited = 0x40, kOverride = 0x20;
constexpr std::uint8_t kAllNodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::uint8_t kSolicitedNode[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

// Not when the host asks for itself (it probes its address, or has a second one), nor when it is
// behind the same port, where it answers itself.
bool may_answer(const Bridge& bridge, const Packet& packet, const HostTable::Host* host) {
  return host != nullptr && !equals(packet.data + 6, host->mac) &&
         bridge.fdb.lookup(Fdb::key_of(packet.vlan, host->mac.bytes.data())) != packet.in_port;
}

void turn_round(Packet& packet, const Mac& source) {
  std::memcpy(packet.data, packet.data + 6, 6);
  std::memcpy(packet.data + 6, source.bytes.data(), 6);
  packet.checksum_start = packet.checksum_offset = 0;
}

bool answer_arp(Graph& graph, const Bridge& bridge, Packet& packet, std::uint32_t l3) {
  std::uint8_t* arp = packet.data + l3;
  if (packet.head_length() < l3 + kArpLength || std::memcmp(packet.data, kBroadcast, 6) != 0 ||
      std::memcmp(arp, kArpHeader, sizeof(kArpHeader)) != 0 || load_be16(arp + 6) != kArpRequest)
    return false;
  const Ip4 target = load_be32(arp + 24);
  if (load_be32(arp + 14) == target) return false;  // gratuitous: everybody is to hear it
  const HostTable::Host* host = bridge.hosts.find(packet.vlan, target);
  if (!may_answer(bridge, packet, host)) return false;
  graph.cut_tail(packet);
  store_be16(arp + 6, kArpReply);
  std::memcpy(arp + 18, arp + 8, 10);  // target := sender
  std::memcpy(arp + 8, host->mac.bytes.data(), 6);
  store_be32(arp + 14, target);
  turn_round(packet, host->mac);
  packet.length = l3 + kArpLength;
  return true;
}

// RFC 4861 7.1.1. Who has no address yet gives no link-layer address either.
bool options_are_valid(const std::uint8_t* option, const std::uint8_t* end, bool detecting) {
  while (option + 2 <= end) {
    if (option[1] == 0 || (detecting && option[0] == icmp6::kOptionSourceLinkLayer)) return false;
    if (end - option < option[1] * 8) return false;
    option += option[1] * 8;
  }
  return option == end;
}

bool is_solicitation(const Packet& packet, std::uint32_t l3) {
  const std::uint8_t* ip = packet.data + l3;
  if (packet.head_length() < l3 + ip6::kHeader + kSolicitation || (ip[0] >> 4) != 6 ||
      ip[ip6::kNextHeader] != kProtoIcmp6 || ip[ip6::kHopLimit] != kNdHopLimit ||
      std::memcmp(ip + ip6::kDestination, kSolicitedNode, sizeof(kSolicitedNode)) != 0)
    return false;
  const std::uint8_t* icmp = ip + ip6::kHeader;
  const std::uint32_t length = load_be16(ip + ip6::kPayloadLength);
  const bool detecting = load_ip6(ip + ip6::kSource) == Ip6{};
  return icmp[0] == icmp6::kNeighborSolicitation && icmp[1] == 0 && length >= kSolicitation &&
         packet.head_length() >= l3 + ip6::kHeader + length &&
         icmp6_checksum_is_right(ip, length) &&
         options_are_valid(icmp + kSolicitation, icmp + length, detecting);
}

// The advertisement goes to all nodes when the asker has no address (RFC 4861 7.2.4), but to its
// MAC address alone, which RFC 6085 allows.
void advertise(Packet& packet, std::uint32_t l3, const HostTable::Host& host) {
  std::uint8_t* ip = packet.data + l3;
  std::uint8_t* icmp = ip + ip6::kHeader;
  const bool detecting = load_ip6(ip + ip6::kSource) == Ip6{};
  std::memcpy(ip + ip6::kDestination, detecting ? kAllNodes : ip + ip6::kSource, 16);
  std::memcpy(ip + ip6::kSource, icmp + 8, 16);
  store_be16(ip + ip6::kPayloadLength, kAdvertisement);
  icmp[0] = icmp6::kNeighborAdvertisement;
  icmp[4] = static_cast<std::uint8_t>((host.router ? kRouter : 0) | kOverride |
                                      (detecting ? 0 : kSolicited));
  std::memset(icmp + 5, 0, 3);
  icmp[24] = icmp6::kOptionTargetLinkLayer;
  icmp[25] = 1;
  std::memcpy(icmp + 26, host.mac.bytes.data(), 6);
  store_icmp6_checksum(ip, kAdvertisement);
  packet.length = l3 + ip6::kHeader + kAdvertisement;
}

bool answer_nd(Graph& graph, const Bridge& bridge, Packet& packet, std::uint32_t l3) {
  if (!is_solicitation(packet, l3)) return false;
  const Ip6 target = load_ip6(packet.data + l3 + ip6::kHeader + 8);
  const HostTable::Host* host = bridge.hosts.find(packet.vlan, target);
  if (!may_answer(bridge, packet, host)) return false;
  graph.cut_tail(packet);
  advertise(packet, l3, *host);
  turn_round(packet, host->mac);
  return true;
}

}  // namespace

bool answer_for_host(Graph& graph, const Bridge& bridge, const PortConfig& config, Packet& packet) {
  if (!bridge.suppresses.load(std::memory_order_relaxed)) return false;
  const Layer3 l3 = own_layer3(packet, config);
  if (l3.type == kEtherTypeArp) return answer_arp(graph, bridge, packet, l3.offset);
  if (l3.type == kEtherTypeIp6) return answer_nd(graph, bridge, packet, l3.offset);
  return false;
}

}  // namespace millrace
