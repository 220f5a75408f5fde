// IPv6 router: RFC 8200, RFC 4291 2.5.6 (link-local stays on the link), RFC 3704 2.2.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/flow_hash.hpp"
#include "graph/nodes.hpp"
#include "graph/reverse_path.hpp"
#include "graph/route.hpp"

namespace millrace {

namespace {

bool is_multicast(const std::uint8_t* address) {
  return address[0] == 0xff;
}
bool is_link_local(const std::uint8_t* address) {
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}
// :: and ::1 (RFC 4291 2.5.2, 2.5.3)
bool is_unspecified_or_loopback(const std::uint8_t* address) {
  static constexpr std::uint8_t kZeros[15] = {};
  return std::memcmp(address, kZeros, 15) == 0 && address[15] <= 1;
}

bool source_is_genuine(const Graph& graph, const PortConfig& config, const Ip6& source) {
  if (config.has_ip6 && source == config.peer_ip6) return true;
  const std::uint8_t* bytes = source.bytes.data();  // nobody's, even by default route:
  if (is_multicast(bytes) || is_unspecified_or_loopback(bytes)) return false;
  return is_genuine(graph, config, source);
}

// Neighbour discovery is recognised by its type alone; nd_responder checks the rest.
bool is_nd(const Packet& packet, const std::uint8_t* ip) {
  if (ip[ip6::kNextHeader] != kProtoIcmp6 || packet.length <= kEthernetLength + ip6::kHeader)
    return false;
  const std::uint8_t type = ip[ip6::kHeader];
  return type >= 133 && type <= 137;
}

struct Family6 {
  using Address = Ip6;
  static constexpr Burst Graph::*kErrors = &Graph::icmp6_error;
  static constexpr Burst Graph::*kLocal = &Graph::ip6_local;
  static constexpr std::uint8_t kUnreachable = icmp6::kUnreachable, kCodeHost = icmp6::kCodeNoRoute,
                                kCodeProhibited = icmp6::kCodeProhibited,
                                kCodeNoRoute = icmp6::kCodeNoRoute, kTooBig = icmp6::kTooBig,
                                kCodeTooBig = 0, kTimeExceeded = icmp6::kTimeExceeded;

  static const Lpm& fib(const Vrf& vrf) { return vrf.fib6; }
  static Ip6 destination(const std::uint8_t* ip) { return load_ip6(ip + ip6::kDestination); }
  static std::uint8_t hops_left(const std::uint8_t* ip) { return ip[ip6::kHopLimit]; }
  static void take_hop(std::uint8_t* ip) { --ip[ip6::kHopLimit]; }
  static std::uint32_t hash(const Packet& packet) { return flow_hash6(packet); }
  static void note_checksum(Packet& packet, const FrameTable& frames) {
    note_partial_checksum6(packet, frames);
  }
};

// True when the packet may be looked up.
bool check(Graph& graph, const PortConfig& config, Packet* packet) {
  const auto refused = [&](DropReason reason) {
    graph.drop(*packet, reason);
    return false;
  };
  const std::uint8_t* ip = packet->data + kEthernetLength;
  if (packet->head_length() < kEthernetLength + ip6::kHeader || (ip[0] >> 4) != 6)
    return refused(DropReason::kIp6Malformed);
  const std::uint32_t total = ip6::kHeader + load_be16(ip + ip6::kPayloadLength);
  if (total > packet->length - kEthernetLength || !trim(*packet, kEthernetLength + total))
    return refused(DropReason::kIp6Malformed);
  if (is_nd(*packet, ip)) {
    graph.nd.push(packet);
    return false;
  }
  const std::uint8_t* destination = ip + ip6::kDestination;
  if (is_multicast(destination) || (packet->data[0] & 1) != 0)
    return refused(DropReason::kMulticast);
  if (is_unspecified_or_loopback(destination) || is_link_local(destination) ||
      is_link_local(ip + ip6::kSource))
    return refused(DropReason::kIp6Martian);
  if (!source_is_genuine(graph, config, load_ip6(ip + ip6::kSource)))
    return refused(DropReason::kSourceAddress);
  return true;
}

}  // namespace

void ip6_forward(Graph& graph) {
  forward_burst<Family6>(graph, graph.ip6, check);
}

}  // namespace millrace
