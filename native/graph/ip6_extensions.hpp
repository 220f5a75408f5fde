#pragma once
// The way over IPv6 extension headers, RFC 8200 4.1.
#include <cstdint>

#include "base/headers.hpp"
#include "engine/packet.hpp"

namespace millrace {

struct UpperLayer {
  std::uint8_t protocol;
  std::uint32_t offset;    // in the frame; may be its end, or behind it
  std::uint32_t named_at;  // in the packet: the Next Header field that says so
};

// One that this node can step over.
inline bool is_extension(std::uint8_t protocol) {
  return protocol == ip6::kHopByHop || protocol == ip6::kRouting ||
         protocol == ip6::kDestinationOptions;
}

// Steps over at most eight of them, and stops at one that is cut short.
inline void skip_extensions(const Packet& packet, UpperLayer& upper, std::uint32_t l3) {
  for (int depth = 0; depth < 8; ++depth) {
    if (!is_extension(upper.protocol) || packet.head_length() < upper.offset + 8) break;
    upper.protocol = packet.data[upper.offset];
    upper.named_at = upper.offset - l3;
    upper.offset += (packet.data[upper.offset + 1] + 1u) * 8;
  }
}

// Precondition: the IPv6 header is there, l3 bytes into the frame.
inline UpperLayer find_upper_layer(const Packet& packet, std::uint32_t l3 = kEthernetLength) {
  UpperLayer upper{packet.data[l3 + ip6::kNextHeader], l3 + ip6::kHeader, ip6::kNextHeader};
  skip_extensions(packet, upper, l3);
  return upper;
}

// The same, and over headers of first fragments (RFC 8200 4.5) too.
inline UpperLayer find_in_first_fragment(const Packet& packet) {
  UpperLayer upper = find_upper_layer(packet);
  for (int depth = 0; depth < 8 && upper.protocol == ip6::kFragment; ++depth) {
    if (packet.head_length() < upper.offset + 8) break;
    if ((load_be16(packet.data + upper.offset + 2) & 0xfff8) != 0) break;
    upper.protocol = packet.data[upper.offset];
    upper.named_at = upper.offset - kEthernetLength;
    upper.offset += 8;
    skip_extensions(packet, upper, kEthernetLength);
  }
  return upper;
}

}  // namespace millrace
