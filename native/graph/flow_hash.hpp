#pragma once
// The hash that keeps a flow on one of several equal-cost next hops: addresses and protocol, and
// the ports where every packet of the flow has them. A fragmented packet has them in its first
// fragment only, so no fragment is hashed by ports.
#include <cstring>

#include "base/bytes.hpp"
#include "base/headers.hpp"
#include "bpf/flow_hash.h"
#include "engine/packet.hpp"
#include "graph/ip6_extensions.hpp"

namespace millrace {

inline bool has_ports(std::uint8_t protocol) {
  return protocol == kProtoTcp || protocol == kProtoUdp || protocol == kProtoSctp;
}

// Precondition: a valid IPv4 header of that length behind the Ethernet header.
inline std::uint32_t flow_hash4(const Packet& packet, std::uint32_t header_length) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  const std::uint16_t fragment = load_be16(ip + ip4::kFragment);
  std::uint64_t addresses;
  std::memcpy(&addresses, ip + ip4::kSource, 8);
  std::uint32_t ports = 0;
  const bool whole = (fragment & (ip4::kMoreFragments | ip4::kOffsetMask)) == 0;
  if (whole && has_ports(ip[ip4::kProtocol]) &&
      packet.head_length() >= kEthernetLength + header_length + 4)
    std::memcpy(&ports, ip + header_length, 4);
  return millrace_flow_hash4(addresses, ports, ip[ip4::kProtocol]);
}

inline std::uint32_t flow_hash6(const Packet& packet) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  std::uint64_t words[4];
  std::memcpy(words, ip + ip6::kSource, 32);
  const UpperLayer upper = find_upper_layer(packet);
  std::uint32_t ports = 0;
  if (has_ports(upper.protocol) && packet.head_length() >= upper.offset + 4)
    std::memcpy(&ports, packet.data + upper.offset, 4);
  return millrace_flow_hash6(words[0], words[1], words[2], words[3], ports, upper.protocol);
}

}  // namespace millrace
