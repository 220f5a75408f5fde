// IPv4 router: RFC 1812 5.2 and 5.3, reverse-path check RFC 3704 2.2 (strict).
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/nodes.hpp"
#include "graph/reverse_path.hpp"

namespace millrace {

namespace {

bool has_source_route(const std::uint8_t* header, std::uint32_t length) {
  for (std::uint32_t i = ip4::kMinHeader; i < length;) {
    const std::uint8_t option = header[i];
    if (option == ip4::kOptionEnd) return false;
    if (option == ip4::kOptionLooseRoute || option == ip4::kOptionStrictRoute) return true;
    if (option == ip4::kOptionNop) {
      ++i;
      continue;
    }
    if (i + 1 >= length || header[i + 1] < 2) return false;
    i += header[i + 1];
  }
  return false;
}

// RFC 1812 5.3.7 and RFC 3927 7: never forwarded, whatever the routes say.
bool is_martian(Ip4 address) {
  return (address >> 24) == 0 || (address >> 24) == 127 || (address >> 16) == 0xa9fe ||
         address >= 0xf0000000u;
}

bool is_multicast(Ip4 address) {
  return (address >> 28) == 14;
}

bool source_is_behind(const Graph& graph, const PortConfig& config, Ip4 source) {
  if (source == config.peer_ip4 && config.has_ip4) return true;
  if (is_martian(source) || is_multicast(source)) return false;  // nobody's, even by default route
  return is_routed_to(graph, config, source);
}

struct Header {
  const std::uint8_t* bytes;
  std::uint32_t header_length;
  std::uint32_t total_length;
};

bool is_valid(const Header& header, std::uint32_t available) {
  return (header.bytes[0] >> 4) == 4 && header.header_length >= ip4::kMinHeader &&
         header.total_length >= header.header_length && header.total_length <= available;
}

void refuse(Graph& graph, Packet* packet, std::uint8_t type, std::uint8_t code, DropReason reason,
            std::uint32_t mtu = 0) {
  packet->answer_with(type, code, reason, mtu);
  graph.icmp4_error.push(packet);
}

void route(Graph& graph, const PortConfig& config, Packet* packet, const Header& header) {
  std::uint8_t* ip = packet->data + kEthernetLength;
  const std::uint32_t hop = config.vrf->fib4.lookup(load_be32(ip + ip4::kDestination));
  if (hop == kNextHopLocal) return graph.ip4_local.push(packet);
  if (ip[ip4::kTtl] <= 1)
    return refuse(graph, packet, icmp4::kTimeExceeded, 0, DropReason::kTtlExpired);
  if (hop < kFirstAdjacency)
    return refuse(graph, packet, icmp4::kUnreachable, icmp4::kCodeNet, DropReason::kNoRoute);
  const Adjacency& adjacency = graph.adjacency(hop);
  if (header.total_length > adjacency.mtu)
    return refuse(graph, packet, icmp4::kUnreachable, icmp4::kCodeFragNeeded,
                  DropReason::kMtuExceeded, adjacency.mtu);
  if (config.partial_checksums) note_partial_checksum4(*packet, header.header_length);
  decrement_ttl(ip + ip4::kTtl, ip + ip4::kChecksum);
  packet->adjacency = &adjacency;
  graph.rewrite.push(packet);
}

void forward(Graph& graph, const PortConfig& config, Packet* packet) {
  if (packet->length < kEthernetLength + ip4::kMinHeader)
    return graph.drop(*packet, DropReason::kIp4Malformed);
  const std::uint8_t* ip = packet->data + kEthernetLength;
  const Header header{ip, (ip[0] & 15u) * 4, load_be16(ip + ip4::kTotalLength)};
  if (!is_valid(header, packet->length - kEthernetLength))
    return graph.drop(*packet, DropReason::kIp4Malformed);
  if (checksum_fold(checksum_add(0, ip, header.header_length)) != 0xffff)
    return graph.drop(*packet, DropReason::kIp4Checksum);
  if (header.header_length > ip4::kMinHeader && has_source_route(ip, header.header_length))
    return graph.drop(*packet, DropReason::kIp4SourceRoute);
  if (!source_is_behind(graph, config, load_be32(ip + ip4::kSource)))
    return graph.drop(*packet, DropReason::kSourceAddress);
  const Ip4 destination = load_be32(ip + ip4::kDestination);
  if (is_multicast(destination)) return graph.drop(*packet, DropReason::kMulticast);
  if (is_martian(destination)) return graph.drop(*packet, DropReason::kIp4Martian);
  packet->length = kEthernetLength + header.total_length;  // Ethernet padding ends here
  route(graph, config, packet, header);
}

}  // namespace

void ip4_forward(Graph& graph) {
  const PortConfig& config = graph.port(graph.ip4.packets[0]->in_port).config;
  for (Packet* packet : graph.ip4) forward(graph, config, packet);
  graph.ip4.size = 0;
}

}  // namespace millrace
