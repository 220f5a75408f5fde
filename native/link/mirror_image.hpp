#pragma once
// Everything that the mirror knows of the kernel at one time, and the kernel's rules for a change
// of a single route.
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "link/mirror_parse.hpp"

namespace millrace {

struct MirrorImage {
  using Address = std::array<std::uint8_t, 16>;
  std::map<std::int32_t, KernelLink> links;
  std::map<std::tuple<std::int32_t, bool, Address, std::uint32_t>, KernelAddress> addresses;
  std::map<std::tuple<std::int32_t, bool, Address>, KernelNeighbour> neighbours;
  NexthopTable nexthops;
  RouteStore<4> routes4;
  // Links whose last IPv4 address was deleted: the kernel takes IPv4 off such a link.
  std::set<std::int32_t> without_ip4;
  RouteStore<16> routes6;

  // One object of a dump. False when it is of a kind that is not mirrored.
  bool load(const nlmsghdr* message);

 private:
  RouteMessage route_;  // reused: a million of them are read in a row
};

inline auto key_of(const KernelAddress& address) {
  return std::tuple(address.ifindex, address.ip6, address.address, address.length);
}
inline auto key_of(const KernelNeighbour& neighbour) {
  return std::tuple(neighbour.ifindex, neighbour.ip6, neighbour.address);
}

// A route of a dump: behind those that the dump has told before.
template <std::size_t kBytes>
void load_route(RouteStore<kBytes>& store, const RouteMessage& route);
// RTM_NEWROUTE: added before or behind others, put in the place of another, or one more next hop of
// an IPv6 route (which is then told with all of them).
template <std::size_t kBytes>
void add_route(RouteStore<kBytes>& store, const RouteMessage& route);
// RTM_DELROUTE, also of single next hops of an IPv6 route. False when there are routes with that
// metric but not this one.
template <std::size_t kBytes>
bool remove_route(RouteStore<kBytes>& store, const RouteMessage& route);

}  // namespace millrace
