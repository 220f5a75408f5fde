#pragma once
#include <cstdint>
#include <vector>

#include "frame.hpp"

namespace traffic {

/** What stands in front of a test frame that comes through a VXLAN tunnel (RFC 7348 5). */
struct Tunnel {
  uint32_t vni;
  uint32_t vtep;  // IPv4 of the receiving one, network order
  Mac to;         // of the underlay
};

/** Outer Ethernet, IPv4, UDP (checksum 0: none) and VXLAN. */
std::vector<uint8_t> build_tunnel(const Interface& from, const Tunnel& tunnel);

}  // namespace traffic
