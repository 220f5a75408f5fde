#include "tunnel.hpp"

#include <cstring>

namespace traffic {
namespace {

constexpr uint32_t kVxlanPort = 4789;
constexpr uint32_t kSourcePort = 49152;  // RFC 7348 5: of the dynamic range
constexpr size_t kUdpBytes = 8;
constexpr size_t kVxlanBytes = 8;

}  // namespace

std::vector<uint8_t> build_tunnel(const Interface& from, const Tunnel& tunnel) {
  constexpr size_t kBytes = ETHERNET_BYTES + IPV4_BYTES + kUdpBytes + kVxlanBytes;
  std::vector<uint8_t> head(kBytes);
  std::memcpy(&head[0], tunnel.to.data(), 6);
  std::memcpy(&head[6], from.mac.data(), 6);
  store16(&head[12], 0x0800);
  head[ETHERNET_BYTES] = 0x45;
  store16(&head[ETHERNET_BYTES + 2], kBytes - ETHERNET_BYTES + FRAME_BYTES);
  head[ETHERNET_BYTES + 6] = 0x40;  // don't fragment
  head[IPV4_TTL] = INITIAL_TTL;
  head[IPV4_PROTOCOL] = PROTOCOL_UDP;
  std::memcpy(&head[IPV4_SOURCE], &from.address, 4);
  std::memcpy(&head[IPV4_DESTINATION], &tunnel.vtep, 4);
  uint32_t sum = 0;
  for (size_t at = ETHERNET_BYTES; at < UDP_SOURCE; at += 2) sum += load16(&head[at]);
  store16(&head[IPV4_CHECKSUM], ~fold_sum(sum) & 0xffff);
  store16(&head[UDP_SOURCE], kSourcePort);
  store16(&head[UDP_DESTINATION], kVxlanPort);
  store16(&head[UDP_LENGTH], kUdpBytes + kVxlanBytes + FRAME_BYTES);
  uint8_t* vxlan = &head[UDP_SOURCE + kUdpBytes];
  vxlan[0] = 0x08;
  store16(vxlan + 4, tunnel.vni >> 8);
  vxlan[6] = static_cast<uint8_t>(tunnel.vni);
  return head;
}

}  // namespace traffic
