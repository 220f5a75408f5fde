#pragma once
// The forwarding tables of one routed network (RFC 4364 "VRF"). The values of the FIBs are numbers
// of adjacencies. Without a route that leads there, there is no way from one VRF into another.
#include <string>

#include "base/bytes.hpp"
#include "tables/adjacency.hpp"
#include "tables/lpm.hpp"

namespace millrace {

struct Vrf {
  std::uint32_t id = 0;
  Lpm fib4{4};
  Lpm fib6{16};
  Ip4 gateway4 = 0;
  Ip6 gateway6{};
  bool has_gateway4 = false;
  bool has_gateway6 = false;
};

}  // namespace millrace
