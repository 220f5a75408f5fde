#pragma once
// The outer headers of a VXLAN packet, RFC 7348 5.
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "bpf/flow_hash.h"
#include "engine/packet.hpp"
#include "tables/vxlan.hpp"

namespace millrace {

// What differs from packet to packet.
struct VxlanOuter {
  const Vtep& vtep;
  const IpAddress& peer;
  std::uint32_t vni;
  std::uint32_t hash;  // of the inner flow
  std::uint8_t traffic_class;
  std::uint8_t ttl;
};

constexpr std::uint8_t kVniValid = 0x08;

inline void write_vxlan(std::uint8_t* udp, std::uint32_t length, const VxlanOuter& outer) {
  store_be16(udp, static_cast<std::uint16_t>(MILLRACE_FIRST_SOURCE_PORT | (outer.hash & 0x3fff)));
  store_be16(udp + 2, outer.vtep.udp_port);
  store_be16(udp + 4, static_cast<std::uint16_t>(length));
  store_be16(udp + 6, 0);
  std::uint8_t* vxlan = udp + kUdpHeader;
  store_be32(vxlan, std::uint32_t{kVniValid} << 24);
  store_be32(vxlan + 4, outer.vni << 8);
}

// Identification 0 and "don't fragment": an atomic datagram (RFC 6864 4.1); VTEPs never fragment
// (RFC 7348 4.3).
inline void write_outer4(std::uint8_t* ip, std::uint32_t payload, const VxlanOuter& outer) {
  ip[0] = 0x45;
  ip[1] = outer.traffic_class;
  store_be16(ip + ip4::kTotalLength, static_cast<std::uint16_t>(ip4::kMinHeader + payload));
  store_be32(ip + 4, ip4::kDontFragment);
  ip[ip4::kTtl] = outer.ttl;
  ip[ip4::kProtocol] = kProtoUdp;
  store_be16(ip + ip4::kChecksum, 0);
  store_be32(ip + ip4::kSource, outer.vtep.address4);
  std::memcpy(ip + ip4::kDestination, outer.peer.data(), 4);
  const auto sum = static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, ip, ip4::kMinHeader)));
  std::memcpy(ip + ip4::kChecksum, &sum, 2);
}

// The flow label tells flows apart where routers do not look at ports, RFC 6438 4.
inline void write_outer6(std::uint8_t* ip, std::uint32_t payload, const VxlanOuter& outer) {
  store_be32(ip, 6u << 28 | std::uint32_t{outer.traffic_class} << 20 | (outer.hash & 0xfffff));
  store_be16(ip + ip6::kPayloadLength, static_cast<std::uint16_t>(payload));
  ip[ip6::kNextHeader] = kProtoUdp;
  ip[ip6::kHopLimit] = outer.ttl;
  std::memcpy(ip + ip6::kSource, outer.vtep.address6.bytes.data(), 16);
  std::memcpy(ip + ip6::kDestination, outer.peer.data(), 16);
}

// In front of the inner frame; the room for the outer Ethernet header is there, but not written.
// The UDP checksum, where there is one, is left to whoever sends: only its pseudo-header is summed.
inline void write_outer(Packet& packet, const VxlanOuter& outer) {
  const bool ip6 = outer.peer.ip6;
  const std::uint32_t udp_length = kUdpHeader + kVxlanHeader + packet.length;
  packet.data -= vxlan_headers(ip6);
  packet.length += vxlan_headers(ip6);
  std::uint8_t* ip = packet.data + kEthernetLength;
  const std::uint32_t header = ip6 ? ip6::kHeader : ip4::kMinHeader;
  write_vxlan(ip + header, udp_length, outer);
  ip6 ? write_outer6(ip, udp_length, outer) : write_outer4(ip, udp_length, outer);
  store_be16(packet.data + 12, ip6 ? kEtherTypeIp6 : kEtherTypeIp4);
  if (!outer.vtep.sends_checksum(ip6)) return;
  const std::uint8_t* addresses = ip + (ip6 ? ip6::kSource : ip4::kSource);
  const std::uint16_t sum =
      checksum_fold(pseudo_header_sum(addresses, ip6 ? 32 : 8, kProtoUdp, udp_length));
  std::memcpy(ip + header + 6, &sum, 2);
  packet.checksum_start = static_cast<std::uint16_t>(kEthernetLength + header);
  packet.checksum_offset = 6;
}

}  // namespace millrace
