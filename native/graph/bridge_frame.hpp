#pragma once
// VLAN tags of a frame in a bridge domain, and the way from them to the packet inside. Only the
// outermost 802.1Q tag is the bridge's business, and only on a port that knows VLANs; every other
// tag (802.1ad, or behind the first) is payload.
#include <cstdint>

#include "base/headers.hpp"
#include "engine/packet.hpp"
#include "engine/port.hpp"

namespace millrace {

constexpr std::uint32_t kTagLength = 4;
constexpr std::uint16_t kVidMask = 0x0fff;

// No VLANs on this port: tags pass as they are.
inline bool is_transparent(const PortConfig& config) {
  return config.pvid == 0 && config.tagged == nullptr;
}
inline bool is_tag(std::uint16_t type) {
  return type == kEtherTypeVlan || type == kEtherTypeQinQ;
}
inline std::uint16_t type_of(const Packet& packet) {
  return load_be16(packet.data + 12);
}
// Precondition for the tag functions: the frame has kEthernetLength + kTagLength bytes.
inline std::uint16_t vid_of(const Packet& packet) {
  return load_be16(packet.data + kEthernetLength) & kVidMask;
}

inline void strip_tag(Packet& packet) {
  std::memmove(packet.data + kTagLength, packet.data, 12);
  packet.data += kTagLength;
  packet.length -= kTagLength;
  if (packet.checksum_start != 0)
    packet.checksum_start = static_cast<std::uint16_t>(packet.checksum_start - kTagLength);
}

// Into the headroom, of which every received frame has enough (256 bytes; 24 are kept for the TX
// metadata of AF_XDP).
inline void push_tag(Packet& packet, std::uint16_t vid) {
  packet.data -= kTagLength;
  std::memmove(packet.data, packet.data + kTagLength, 12);
  store_be16(packet.data + 12, kEtherTypeVlan);
  store_be16(packet.data + 14, vid);
  packet.length += kTagLength;
  if (packet.checksum_start != 0)
    packet.checksum_start = static_cast<std::uint16_t>(packet.checksum_start + kTagLength);
}

// Where a packet begins in the frame, and what it is. A frame cut short within its tags keeps the
// type of the tag.
struct Layer3 {
  std::uint32_t offset = kEthernetLength;
  std::uint16_t type = 0;
};

inline bool step_over_tag(const Packet& packet, Layer3& l3) {
  if (packet.head_length() < l3.offset + kTagLength) return false;
  l3.type = load_be16(packet.data + l3.offset + 2);
  l3.offset += kTagLength;
  return true;
}

constexpr int kMaxTags = 4;

// Behind all tags.
inline Layer3 innermost(const Packet& packet) {
  Layer3 l3{kEthernetLength, type_of(packet)};
  for (int i = 0; i < kMaxTags && is_tag(l3.type) && step_over_tag(packet, l3); ++i) {
  }
  return l3;
}

// What a station in the frame's own VLAN takes for its packet: behind the bridge's tag, and behind
// priority tags (VID 0), which receivers skip.
inline Layer3 own_layer3(const Packet& packet, const PortConfig& config) {
  Layer3 l3{kEthernetLength, type_of(packet)};
  if (l3.type == kEtherTypeVlan && !is_transparent(config) && !step_over_tag(packet, l3)) return l3;
  for (int i = 0; i < kMaxTags && is_tag(l3.type); ++i) {
    if (packet.head_length() < l3.offset + kTagLength ||
        (load_be16(packet.data + l3.offset) & kVidMask) != 0)
      break;
    step_over_tag(packet, l3);
  }
  return l3;
}

}  // namespace millrace
