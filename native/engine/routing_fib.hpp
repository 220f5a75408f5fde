#pragma once
// The routes of one VRF, both families, as prefixes. The LPM tables hold the route that decides;
// routes with the same prefix from sources that come after it wait aside (few: an address that is
// both a pod's and in the kernel's table, say).
#include <map>
#include <optional>
#include <vector>

#include "engine/routing_types.hpp"
#include "tables/vrf.hpp"

namespace millrace {

struct FibRoute {
  std::uint32_t value = 0;
  RouteTag tag{};
};

class RoutingFib {
 public:
  explicit RoutingFib(Vrf& vrf) : vrf_(vrf) {}

  // The route of that source, whether it decides or waits.
  std::optional<FibRoute> find(const Prefix& prefix, RouteSource source) const;
  std::optional<FibRoute> top(const Prefix& prefix) const;
  // The most specific route of at most `longest` bits around the prefix's address.
  std::optional<std::pair<Prefix, FibRoute>> covering(const Prefix& prefix,
                                                      std::uint32_t longest) const;

  // Puts a route in its place among those of the same prefix; returns the one of the same source
  // that it replaces. Throws, and changes nothing, when there is no room.
  std::optional<FibRoute> put(const Prefix& prefix, const FibRoute& route);
  std::optional<FibRoute> take(const Prefix& prefix, RouteSource source);
  // The same route, seen in another resync.
  void set_tag(const Prefix& prefix, RouteTag tag);

  std::size_t size(bool ip6) const { return table(ip6).size(); }
  std::size_t waiting() const { return waiting_.size(); }
  // Routes that decide, in order of address. fn(prefix, route)
  template <class Fn>
  void walk_within(const Prefix& within, Fn&& fn) const {
    const bool ip6 = within.ip6();
    table(ip6).for_each_within(within.data(), within.length, [&](const Lpm::Route& route) {
      fn(Prefix{IpAddress::from(ip6, route.prefix.data()), route.length},
         FibRoute{route.value, RouteTag::of(route.tag)});
    });
  }
  // All of them, also those that wait.
  template <class Fn>
  void walk_all(Fn&& fn) const {
    for (const bool ip6 : {false, true}) walk_within({IpAddress{ip6}, 0}, fn);
    for (const auto& [prefix, routes] : waiting_)
      for (const FibRoute& route : routes) fn(prefix, route);
  }
  // What walks of one step at a time need: decides for an address.
  std::optional<std::pair<Prefix, FibRoute>> match(const IpAddress& address) const;
  void reclaim();

  Vrf& vrf() const { return vrf_; }

 private:
  Lpm& table(bool ip6) { return ip6 ? vrf_.fib6 : vrf_.fib4; }
  const Lpm& table(bool ip6) const { return ip6 ? vrf_.fib6 : vrf_.fib4; }
  void insert(const Prefix& prefix, const FibRoute& route);
  std::optional<FibRoute> put_waiting(const Prefix& prefix, const FibRoute& route);
  std::optional<FibRoute> take_waiting(const Prefix& prefix, RouteSource source);
  std::optional<FibRoute> take_top(const Prefix& prefix, const FibRoute& top);

  Vrf& vrf_;
  std::map<Prefix, std::vector<FibRoute>> waiting_;  // the next to decide is last
};

}  // namespace millrace
