#pragma once
// The way over IPv6 extension headers, RFC 8200 4.1.
#include <cstdint>

#include "base/headers.hpp"
#include "engine/packet.hpp"

namespace millrace {

struct UpperLayer {
  std::uint8_t protocol;
  std::uint32_t offset;  // in the frame; may be its end, or behind it
};

// Steps over at most eight hop-by-hop, routing and destination options headers, and stops at one
// that is cut short. Precondition: the IPv6 header is there.
inline UpperLayer find_upper_layer(const Packet& packet) {
  UpperLayer upper{packet.data[kEthernetLength + ip6::kNextHeader], kEthernetLength + ip6::kHeader};
  for (int depth = 0; depth < 8; ++depth) {
    const bool is_extension = upper.protocol == ip6::kHopByHop || upper.protocol == ip6::kRouting ||
                              upper.protocol == ip6::kDestinationOptions;
    if (!is_extension || packet.length < upper.offset + 8) break;
    upper.protocol = packet.data[upper.offset];
    upper.offset += (packet.data[upper.offset + 1] + 1u) * 8;
  }
  return upper;
}

}  // namespace millrace
