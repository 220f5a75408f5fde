// IPv4 router: RFC 1812 5.2 and 5.3, reverse-path check RFC 3704 2.2 (strict).
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/flow_hash.hpp"
#include "graph/nodes.hpp"
#include "graph/reverse_path.hpp"
#include "graph/route.hpp"

namespace millrace {

namespace {

struct Options {
  bool source_route = false;
  std::uint32_t malformed_at = 0;  // offset in the header; 0: nowhere
};

Options read_options(const std::uint8_t* header, std::uint32_t length) {
  for (std::uint32_t i = ip4::kMinHeader; i < length;) {
    const std::uint8_t option = header[i];
    if (option == ip4::kOptionEnd) break;
    if (option == ip4::kOptionLooseRoute || option == ip4::kOptionStrictRoute) return {true};
    if (option == ip4::kOptionNop) {
      ++i;
      continue;
    }
    if (i + 1 >= length || header[i + 1] < 2 || header[i + 1] > length - i) return {false, i};
    i += header[i + 1];
  }
  return {};
}

// RFC 1812 5.3.7 and RFC 3927 7: never forwarded, whatever the routes say.
bool is_martian(Ip4 address) {
  return (address >> 24) == 0 || (address >> 24) == 127 || (address >> 16) == 0xa9fe ||
         address >= 0xf0000000u;
}

bool is_multicast(Ip4 address) {
  return (address >> 28) == 14;
}

bool source_is_genuine(const Graph& graph, const PortConfig& config, Ip4 source) {
  if (source == config.peer_ip4 && config.has_ip4) return true;
  if (is_martian(source) || is_multicast(source)) return false;  // nobody's, even by default route
  return is_genuine(graph, config, source);
}

std::uint32_t header_length_of(const std::uint8_t* ip) {
  return (ip[0] & 15u) * 4;
}

struct Family4 {
  using Address = Ip4;
  static constexpr Burst Graph::*kErrors = &Graph::icmp4_error;
  static constexpr Burst Graph::*kLocal = &Graph::ip4_local;
  static constexpr std::uint8_t kUnreachable = icmp4::kUnreachable, kCodeHost = icmp4::kCodeHost,
                                kCodeProhibited = icmp4::kCodeProhibited,
                                kCodeNoRoute = icmp4::kCodeNet, kTooBig = icmp4::kUnreachable,
                                kCodeTooBig = icmp4::kCodeFragNeeded,
                                kTimeExceeded = icmp4::kTimeExceeded;

  static const Lpm& fib(const Vrf& vrf) { return vrf.fib4; }
  static Ip4 destination(const std::uint8_t* ip) { return load_be32(ip + ip4::kDestination); }
  static std::uint8_t hops_left(const std::uint8_t* ip) { return ip[ip4::kTtl]; }
  static void take_hop(std::uint8_t* ip) { decrement_ttl(ip + ip4::kTtl, ip + ip4::kChecksum); }
  static std::uint32_t hash(const Packet& packet) {
    return flow_hash4(packet, header_length_of(packet.data + kEthernetLength));
  }
  static void note_checksum(Packet& packet, const FrameTable& frames) {
    note_partial_checksum4(packet, header_length_of(packet.data + kEthernetLength), frames);
  }
};

bool is_valid(const std::uint8_t* ip, std::uint32_t head, std::uint32_t length) {
  const std::uint32_t header = header_length_of(ip);
  const std::uint32_t total = load_be16(ip + ip4::kTotalLength);
  return (ip[0] >> 4) == 4 && header >= ip4::kMinHeader && header <= head && total >= header &&
         total <= length;
}

// True when the packet may be looked up.
bool check(Graph& graph, const PortConfig& config, Packet* packet) {
  const auto refused = [&](DropReason reason) {
    graph.drop(*packet, reason);
    return false;
  };
  if (packet->length < kEthernetLength + ip4::kMinHeader) return refused(DropReason::kIp4Malformed);
  const std::uint8_t* ip = packet->data + kEthernetLength;
  if (!is_valid(ip, packet->head_length() - kEthernetLength, packet->length - kEthernetLength))
    return refused(DropReason::kIp4Malformed);
  const std::uint32_t header_length = header_length_of(ip);
  if (checksum_fold(checksum_add(0, ip, header_length)) != 0xffff)
    return refused(DropReason::kIp4Checksum);
  const Options options = read_options(ip, header_length);
  if (options.source_route) return refused(DropReason::kIp4SourceRoute);
  if (!source_is_genuine(graph, config, load_be32(ip + ip4::kSource)))
    return refused(DropReason::kSourceAddress);
  const Ip4 destination = load_be32(ip + ip4::kDestination);
  if (is_multicast(destination)) return refused(DropReason::kMulticast);
  if (is_martian(destination)) return refused(DropReason::kIp4Martian);
  if (!trim(*packet, kEthernetLength + load_be16(ip + ip4::kTotalLength)))
    return refused(DropReason::kIp4Malformed);
  if (options.malformed_at == 0) return true;
  refuse<Family4>(graph, packet, icmp4::kParameterProblem, 0, DropReason::kIp4Malformed,
                  options.malformed_at);  // RFC 1812 4.3.3.5
  return false;
}

}  // namespace

void ip4_forward(Graph& graph) {
  forward_burst<Family4>(graph, graph.ip4, check);
}

}  // namespace millrace
