#pragma once
// One configuration of a router in data, so that the kernel and the graph are given the same: two
// pods, an uplink with three neighbours, and random routes of all kinds and lengths.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "engine/routing.hpp"
#include "graph/kernel_differential_frames.hpp"

namespace millrace::differential {

constexpr std::uint16_t kPodA = 0, kPodB = 1, kUplink = 2, kPorts = 3;
constexpr std::array<std::uint32_t, kPorts> kMtus = {1500, 1400, 1320};
constexpr std::uint32_t kSmallestMtu = 1320;

inline Mac port_mac(std::uint16_t port) {
  return {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(port + 1)}};
}

// A station that routes lead to. Behind it are 10.<behind>.0.0/16 and fd00:<behind>::/32.
struct Station {
  std::uint16_t port;
  Mac mac;
  std::string ip4, ip6;
  std::uint32_t behind;
};
inline const std::array<Station, 5>& stations() {
  static const std::array<Station, 5> kStations = {{
      {kPodA, {{2, 0, 0, 0, 1, 0}}, "10.1.0.2", "fd01::2", 64},
      {kPodB, {{2, 0, 0, 0, 1, 1}}, "10.1.0.3", "fd01::3", 65},
      {kUplink, {{2, 0, 0, 0, 2, 2}}, "10.9.0.2", "fd09::2", 66},
      {kUplink, {{2, 0, 0, 0, 2, 3}}, "10.9.0.3", "fd09::3", 67},
      {kUplink, {{2, 0, 0, 0, 2, 4}}, "10.9.0.4", "fd09::4", 68},
  }};
  return kStations;
}
inline const std::string kGateway4 = "10.1.0.1", kGateway6 = "fd01::1";

struct Route {
  Prefix prefix;
  RouteType type = RouteType::kUnicast;
  std::vector<std::size_t> hops{};  // numbers of stations; more than one: equal cost
};

class Plan {
 public:
  explicit Plan(Dice& dice) {
    for (std::size_t i = 0; i < stations().size(); ++i) {
      const Station& station = stations()[i];
      const std::string behind = std::to_string(station.behind);
      add({parse_prefix(station.ip4 + "/32"), RouteType::kUnicast, {i}});
      add({parse_prefix(station.ip6 + "/128"), RouteType::kUnicast, {i}});
      add({parse_prefix("10." + behind + ".0.0/16"), RouteType::kUnicast, {i}});
      add({parse_prefix("fd00:" + behind + "::/32"), RouteType::kUnicast, {i}});
    }
    for (int i = 0; i < 150; ++i) add(random_route(dice, false));
    for (int i = 0; i < 150; ++i) add(random_route(dice, true));
  }

  const std::vector<Route>& routes() const { return routes_; }
  // The longest match; null without one.
  const Route* match(const IpAddress& address) const {
    const Route* best = nullptr;
    for (const Route& route : routes_)
      if (route.prefix.ip6() == address.ip6 && route.prefix.contains(address) &&
          (best == nullptr || route.prefix.length > best->prefix.length))
        best = &route;
    return best;
  }

 private:
  void add(const Route& route) {
    if (seen_.insert(route.prefix).second) routes_.push_back(route);
  }

  // Few first bytes, so that prefixes lie inside each other.
  static Prefix random_prefix(Dice& dice, bool ip6) {
    IpAddress address;
    address.ip6 = ip6;
    const Bytes bytes = dice.bytes(16);
    std::copy_n(bytes.begin(), ip6 ? 16 : 4, address.bytes.bytes.begin());
    address.bytes.bytes[0] = ip6 ? 0x20 : static_cast<std::uint8_t>(20 + dice.roll(3));
    for (std::size_t i = 1; i < (ip6 ? 12u : 4u); ++i) address.bytes.bytes[i] &= 0x81;
    const Prefix whole{address, dice.between(8, ip6 ? 128 : 32)};
    return whole.shortened(whole.length);
  }
  static Route random_route(Dice& dice, bool ip6) {
    Route route{random_prefix(dice, ip6)};
    const std::uint32_t kind = dice.roll(20);
    if (kind == 0) route.type = RouteType::kBlackhole;
    if (kind == 1) route.type = RouteType::kUnreachable;
    if (kind == 2) route.type = RouteType::kProhibit;
    if (kind < 3) return route;
    const std::size_t count = kind < 6 ? 2 + dice.roll(2) : 1;
    std::set<std::size_t> hops;
    while (hops.size() < count) hops.insert(dice.roll(5));
    route.hops.assign(hops.begin(), hops.end());
    return route;
  }

  std::vector<Route> routes_;
  std::set<Prefix> seen_;
};

}  // namespace millrace::differential
