// Routes of the kernel as routes of a VRF, or the reason why not.
#include <algorithm>
#include <exception>
#include <string_view>

#include "engine/route_follower.hpp"

namespace millrace {

namespace {

constexpr std::array<std::string_view, 8> kReasons = {"",
                                                      "interface is not an uplink",
                                                      "some next hops are not on an uplink",
                                                      "unsupported type",
                                                      "no usable next hop",
                                                      "link-local or multicast prefix",
                                                      "too many next hops",
                                                      "refused"};

// Link-local prefixes are the same on every link; multicast is not forwarded (RFC 4291 2.5.6).
bool is_for_links(const Prefix& prefix) {
  const IpAddress& address = prefix.address;
  return (address.is_link_local() && prefix.length >= (prefix.ip6() ? 10u : 16u)) ||
         (address.is_multicast() && prefix.length >= (prefix.ip6() ? 8u : 4u));
}

}  // namespace

void RouteFollower::on_route(const KernelRoute& route, bool removed) {
  const std::lock_guard lock(mutex_);
  const Prefix prefix{IpAddress::from(route.ip6, route.prefix.data()), route.length};
  for (const auto& [vrf, table] : mirrors_) {
    if (table != route.table) continue;
    if (removed)
      routing_.remove_kernel_route(vrf, prefix);
    else
      follow(route, prefix, vrf);
  }
}

// What is not taken must not leave behind what was there before it.
void RouteFollower::follow(const KernelRoute& route, const Prefix& prefix, std::uint32_t vrf) {
  RouteType type = RouteType::kUnicast;
  hops_.clear();
  const Skip skip = translate(route, prefix, vrf, type);
  if (skip != Skip::kNone) count(skip);
  const bool taken = skip == Skip::kNone || skip == Skip::kPartly;
  if (!taken || type == RouteType::kLocal) return routing_.remove_kernel_route(vrf, prefix);
  try {
    routing_.set_kernel_route(vrf, prefix, type, hops_);
  } catch (const std::exception&) {  // the tables are full, most likely
    count(Skip::kRefused);
    routing_.remove_kernel_route(vrf, prefix);
  }
}

RouteFollower::Skip RouteFollower::translate(const KernelRoute& route, const Prefix& prefix,
                                             std::uint32_t vrf, RouteType& type) {
  if (is_for_links(prefix)) return Skip::kLinkLocal;
  switch (route.type) {
    case KernelRouteType::kUnicast:
      return translate_hops(route, vrf);
    case KernelRouteType::kLocal:  // in the table of a VRF device: on_address() tells the same
      type = RouteType::kLocal;
      return Skip::kNone;
    case KernelRouteType::kBlackhole:
      type = RouteType::kBlackhole;
      return Skip::kNone;
    case KernelRouteType::kUnreachable:
      type = RouteType::kUnreachable;
      return Skip::kNone;
    case KernelRouteType::kProhibit:
      type = RouteType::kProhibit;
      return Skip::kNone;
    default:
      return Skip::kType;
  }
}

RouteFollower::Skip RouteFollower::translate_hops(const KernelRoute& route, std::uint32_t vrf) {
  if (route.next_hops.empty()) return Skip::kNoNextHop;
  for (const KernelNextHop& hop : route.next_hops) {
    const Uplink* uplink = uplink_of(hop.ifindex);
    if (uplink == nullptr || uplink->vrf != vrf) continue;
    NextHop mine{.port = uplink->port, .has_address = hop.has_gateway, .weight = hop.weight};
    if (hop.has_gateway) mine.address = IpAddress::from(hop.gateway_ip6, hop.gateway.data());
    const auto same = std::find_if(hops_.begin(), hops_.end(), [&](const NextHop& other) {
      return other.port == mine.port && other.address == mine.address;
    });
    if (same == hops_.end())
      hops_.push_back(mine);
    else
      same->weight = std::min(same->weight + mine.weight, 256u);
  }
  if (hops_.empty()) return Skip::kNotUplink;
  if (hops_.size() > kGroupBuckets) return Skip::kTooMany;
  return hops_.size() == route.next_hops.size() ? Skip::kNone : Skip::kPartly;
}

std::map<std::string, std::uint64_t> RouteFollower::skipped() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t i = 1; i < kReasons.size(); ++i)
    if (skipped_[i] != 0) counts.emplace(kReasons[i], skipped_[i]);
  return counts;
}

}  // namespace millrace
