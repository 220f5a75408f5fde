#pragma once
// The forwarding tables of one network (RFC 4364 "VRF"). Without a route between two of them there
// is no way from one network into another.
#include "base/bytes.hpp"
#include "tables/lpm.hpp"

namespace millrace {

// FIB values: none, the gateway itself, or an adjacency.
constexpr std::uint32_t kNextHopLocal = 1;
constexpr std::uint32_t kFirstAdjacency = 16;

struct Vrf {
  Lpm fib4{4};
  Lpm fib6{16};
  Ip4 gateway4 = 0;
  Ip6 gateway6{};
  bool has_gateway4 = false;
  bool has_gateway6 = false;
};

// What is written in front of a frame for one neighbour, and where the frame leaves.
struct Adjacency {
  Mac destination;
  Mac source;
  std::uint16_t port = 0;
  std::uint32_t mtu = 0;
};

}  // namespace millrace
