#pragma once
// The last step of a frame in a bridge domain: from the form it has inside to the one that the
// output port expects.
#include "graph/bridge_frame.hpp"

namespace millrace {

// Inside, a frame keeps the tag it came with; packet.vlan says where it belongs.
inline void set_tag(Packet& packet, const PortConfig& out) {
  if (is_transparent(out)) return;
  const bool has_tag = type_of(packet) == kEtherTypeVlan;
  const bool wants_tag = out.tagged != nullptr && packet.vlan != out.pvid;
  if (!wants_tag) {
    if (has_tag) strip_tag(packet);
  } else if (!has_tag) {
    push_tag(packet, packet.vlan);
  } else {  // priority and drop eligibility stay
    std::uint8_t* tci = packet.data + kEthernetLength;
    store_be16(tci, static_cast<std::uint16_t>((load_be16(tci) & ~kVidMask) | packet.vlan));
  }
}

inline bool is_member(const PortConfig& out, std::uint16_t vlan) {
  if (out.tagged == nullptr) return vlan == out.pvid;
  return vlan != 0 && (vlan == out.pvid || out.tagged->test(vlan));
}

// Without its tag, a frame with a second one would arrive on a trunk in that one's VLAN.
inline bool would_hop(const Packet& packet, const PortConfig& out) {
  return out.tagged != nullptr && packet.vlan == out.pvid && type_of(packet) == kEtherTypeVlan &&
         load_be16(packet.data + kEthernetLength + 2) == kEtherTypeVlan;
}

// Why the frame cannot leave by the port; kCount when it can. The MTU is that of the packet behind
// Ethernet and one tag, whether or not the tag stays.
inline DropReason check_output(const Packet& packet, const PortConfig& out) {
  const std::uint32_t header = kEthernetLength + (is_tag(type_of(packet)) ? kTagLength : 0);
  if (packet.length > out.mtu + header) return DropReason::kMtuExceeded;
  if (!is_member(out, packet.vlan)) return DropReason::kVlanNotMember;
  return would_hop(packet, out) ? DropReason::kVlanUnexpected : DropReason::kCount;
}

}  // namespace millrace
