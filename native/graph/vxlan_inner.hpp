#pragma once
// What a VTEP looks at in the frame that it carries: just enough for the outer header and for the
// safety of the network behind it. Nothing is assumed of the frame.
#include "engine/packet.hpp"
#include "graph/ecn.hpp"
#include "graph/flow_hash.hpp"

namespace millrace {

enum class InnerType : std::uint8_t { kOther, kIp4, kIp6, kTagged };

// The header that the EtherType promises is there, or it is kOther.
inline InnerType inner_type(const Packet& packet) {
  if (packet.head_length() < kEthernetLength) return InnerType::kOther;
  const std::uint16_t type = load_be16(packet.data + 12);
  if (type == kEtherTypeVlan || type == kEtherTypeQinQ) return InnerType::kTagged;
  const std::uint32_t room = packet.head_length() - kEthernetLength;
  const std::uint8_t* ip = packet.data + kEthernetLength;
  if (type == kEtherTypeIp4 && room >= ip4::kMinHeader && (ip[0] >> 4) == 4 &&
      (ip[0] & 15u) * 4 >= ip4::kMinHeader && (ip[0] & 15u) * 4 <= room)
    return InnerType::kIp4;
  if (type == kEtherTypeIp6 && room >= ip6::kHeader && (ip[0] >> 4) == 6) return InnerType::kIp6;
  return InnerType::kOther;
}

// Tells flows apart, so that the underlay can spread them (RFC 7348 5, source port).
inline std::uint32_t inner_hash(const Packet& packet, InnerType type) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  if (type == InnerType::kIp4) return flow_hash4(packet, (ip[0] & 15u) * 4);
  if (type == InnerType::kIp6) return flow_hash6(packet);
  std::uint64_t words[2] = {};
  std::memcpy(words, packet.data, kEthernetLength);
  return millrace_mix(words[0] ^ (words[1] * 3));
}

// DSCP and ECN.
inline std::uint8_t inner_traffic_class(const Packet& packet, InnerType type) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  if (type == InnerType::kIp4) return ip[1];
  return type == InnerType::kIp6 ? traffic_class6(ip) : std::uint8_t{0};
}

// UDP for that port, in a packet that is no fragment.
inline bool is_udp_for(const Packet& packet, InnerType type, std::uint16_t udp_port) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  std::uint32_t offset = 0;
  if (type == InnerType::kIp4) {
    const std::uint16_t fragment = load_be16(ip + ip4::kFragment);
    if (ip[ip4::kProtocol] != kProtoUdp || (fragment & ip4::kOffsetMask) != 0) return false;
    offset = kEthernetLength + (ip[0] & 15u) * 4;
  } else if (type == InnerType::kIp6) {
    const UpperLayer upper = find_in_first_fragment(packet);
    if (upper.protocol != kProtoUdp) return false;
    offset = upper.offset;
  } else {
    return false;
  }
  return packet.head_length() >= offset + 4 && load_be16(packet.data + offset + 2) == udp_port;
}

}  // namespace millrace
