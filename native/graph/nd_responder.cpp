// Answers neighbour solicitations for the gateway, RFC 4861 7.1.1 (validation) and 7.2.4 (answer).
#include "base/headers.hpp"
#include "graph/icmp6_checksum.hpp"
#include "graph/nodes.hpp"
#include "graph/reverse_path.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kSolicitation = 24;
constexpr std::uint32_t kAdvertisement = 32;  // with the target link-layer address option
constexpr std::uint8_t kNdHopLimit = 255;
constexpr std::uint8_t kRouter = 0x80, kSolicited = 0x40, kOverride = 0x20;
constexpr std::uint8_t kAllNodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

bool is_unspecified(const std::uint8_t* address) {
  return load_ip6(address) == Ip6{};
}
bool is_solicited_node(const std::uint8_t* address) {
  static constexpr std::uint8_t kPrefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  return std::memcmp(address, kPrefix, sizeof(kPrefix)) == 0;
}

// Who has no address yet gives no link-layer address either.
bool options_are_valid(const std::uint8_t* option, const std::uint8_t* end, bool detecting) {
  while (option + 2 <= end) {
    if (option[1] == 0 || (detecting && option[0] == icmp6::kOptionSourceLinkLayer)) return false;
    option += option[1] * 8;
  }
  return option == end;
}

bool is_valid(const std::uint8_t* ip, std::uint32_t length) {
  const std::uint8_t* icmp = ip + ip6::kHeader;
  const bool detecting = is_unspecified(ip + ip6::kSource);
  return ip[ip6::kHopLimit] == kNdHopLimit && length >= kSolicitation && icmp[1] == 0 &&
         (!detecting || is_solicited_node(ip + ip6::kDestination)) &&
         icmp6_checksum_is_right(ip, length) &&
         options_are_valid(icmp + kSolicitation, icmp + length, detecting);
}
bool is_link_local(const std::uint8_t* address) {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

// The pod's own address, its link-local one, one it routes for, or :: while it detects duplicates.
bool sender_is_ours(const Graph& graph, const PortConfig& config, const std::uint8_t* source) {
  return is_unspecified(source) || is_link_local(source) ||
         (config.has_ip6 &&
          (load_ip6(source) == config.peer_ip6 || is_genuine(graph, config, load_ip6(source))));
}

void advertise(Packet& packet, const PortConfig& config) {
  std::uint8_t* ip = packet.data + kEthernetLength;
  std::uint8_t* icmp = ip + ip6::kHeader;
  const bool detecting = is_unspecified(ip + ip6::kSource);
  std::memcpy(ip + ip6::kDestination, detecting ? kAllNodes : ip + ip6::kSource, 16);
  std::memcpy(ip + ip6::kSource, icmp + 8, 16);
  store_be16(ip + ip6::kPayloadLength, kAdvertisement);
  icmp[0] = icmp6::kNeighborAdvertisement;
  icmp[4] = static_cast<std::uint8_t>(kRouter | kOverride | (detecting ? 0 : kSolicited));
  std::memset(icmp + 5, 0, 3);
  icmp[24] = icmp6::kOptionTargetLinkLayer;
  icmp[25] = 1;
  std::memcpy(icmp + 26, config.mac.bytes.data(), 6);
  store_icmp6_checksum(ip, kAdvertisement);
  packet.length = kEthernetLength + ip6::kHeader + kAdvertisement;
}

void answer(Graph& graph, Packet* packet) {
  const PortConfig& config = graph.config(packet->in_port);
  const std::uint8_t* ip = packet->data + kEthernetLength;
  const std::uint8_t* icmp = ip + ip6::kHeader;
  if (icmp[0] != icmp6::kNeighborSolicitation) return graph.drop(*packet, DropReason::kNdIgnored);
  if (!is_valid(ip, packet->length - kEthernetLength - ip6::kHeader))
    return graph.drop(*packet, DropReason::kNdMalformed);
  if (!sender_is_ours(graph, config, ip + ip6::kSource))
    return graph.drop(*packet, DropReason::kSourceAddress);
  const Vrf& vrf = *config.vrf;
  if (!vrf.has_gateway6 || load_ip6(icmp + 8) != vrf.gateway6)
    return graph.drop(*packet, DropReason::kNdIgnored);
  advertise(*packet, config);
  packet->adjacency = &graph.reverse(*packet);
  graph.rewrite.push(packet);
}

}  // namespace

void nd_responder(Graph& graph) {
  for (Packet* packet : graph.nd) answer(graph, packet);
  graph.nd.size = 0;
}

}  // namespace millrace
