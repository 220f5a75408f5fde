#pragma once
// rtnetlink(7) messages as values. Each parser returns false for what the mirror does not follow.
#include <linux/netlink.h>

#include "link/mirror_nexthops.hpp"
#include "link/mirror_routes.hpp"

namespace millrace {

struct RouteMessage {
  bool ip6 = false;
  RouteKey key;
  std::uint32_t metric = 0;
  RoutePath path;
  std::uint16_t flags = 0;           // nlmsg_flags
  std::vector<std::int32_t> dead{};  // interfaces of multipath members that the kernel does not use
};

// Ignores cloned routes, other types than forwarding needs, routes for one type of service or
// source prefix, and IPv6 link-local and multicast destinations, which no router forwards.
bool parse_route(const nlmsghdr* message, RouteMessage& route);
bool parse_nexthop(const nlmsghdr* message, std::uint32_t& id, NexthopObject& object);
bool parse_link(const nlmsghdr* message, KernelLink& link);
bool parse_address(const nlmsghdr* message, KernelAddress& address);
bool parse_neighbour(const nlmsghdr* message, KernelNeighbour& neighbour);

}  // namespace millrace
