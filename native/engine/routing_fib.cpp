#include "engine/routing_fib.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

std::optional<FibRoute> converted(const std::optional<Lpm::Route>& route) {
  if (!route) return std::nullopt;
  return FibRoute{route->value, RouteTag::of(route->tag)};
}

}  // namespace

std::optional<FibRoute> RoutingFib::top(const Prefix& prefix) const {
  return converted(table(prefix.ip6()).find(prefix.data(), prefix.length));
}

std::optional<FibRoute> RoutingFib::find(const Prefix& prefix, RouteSource source) const {
  const auto deciding = top(prefix);
  if (!deciding || deciding->tag.source == source) return deciding;
  if (waiting_.empty()) return std::nullopt;
  const auto found = waiting_.find(prefix);
  if (found == waiting_.end()) return std::nullopt;
  for (const FibRoute& route : found->second)
    if (route.tag.source == source) return route;
  return std::nullopt;
}

std::optional<std::pair<Prefix, FibRoute>> RoutingFib::match(const IpAddress& address) const {
  const auto route = table(address.ip6).match(address.data());
  if (!route) return std::nullopt;
  return std::pair{Prefix{IpAddress::from(address.ip6, route->prefix.data()), route->length},
                   *converted(route)};
}

std::optional<std::pair<Prefix, FibRoute>> RoutingFib::covering(const Prefix& prefix,
                                                                std::uint32_t longest) const {
  if (const auto found = match(prefix.address); !found || found->first.length <= longest)
    return found;
  for (std::uint32_t bits = longest + 1; bits-- > 0;) {
    const Prefix shorter = prefix.shortened(bits);
    if (const auto route = top(shorter)) return std::pair{shorter, *route};
  }
  return std::nullopt;
}

void RoutingFib::insert(const Prefix& prefix, const FibRoute& route) {
  table(prefix.ip6()).insert(prefix.data(), prefix.length, route.value, route.tag.word());
}

std::optional<FibRoute> RoutingFib::put(const Prefix& prefix, const FibRoute& route) {
  const auto deciding = top(prefix);
  if (deciding && deciding->tag.source > route.tag.source) return put_waiting(prefix, route);
  if (!deciding || deciding->tag.source == route.tag.source) {
    insert(prefix, route);
    return deciding;
  }
  put_waiting(prefix, *deciding);
  try {
    insert(prefix, route);
  } catch (...) {
    take_waiting(prefix, deciding->tag.source);
    throw;
  }
  return std::nullopt;  // what waits comes after what has decided until now
}

std::optional<FibRoute> RoutingFib::put_waiting(const Prefix& prefix, const FibRoute& route) {
  auto& others = waiting_[prefix];
  const auto at = std::find_if(others.begin(), others.end(), [&](const FibRoute& other) {
    return other.tag.source >= route.tag.source;
  });
  if (at != others.end() && at->tag.source == route.tag.source) return std::exchange(*at, route);
  others.insert(at, route);
  return std::nullopt;
}

std::optional<FibRoute> RoutingFib::take(const Prefix& prefix, RouteSource source) {
  const auto deciding = top(prefix);
  if (!deciding) return std::nullopt;
  if (deciding->tag.source != source) return take_waiting(prefix, source);
  return take_top(prefix, *deciding);
}

std::optional<FibRoute> RoutingFib::take_top(const Prefix& prefix, const FibRoute& top) {
  const auto found = waiting_.empty() ? waiting_.end() : waiting_.find(prefix);
  if (found == waiting_.end() || found->second.empty()) {
    table(prefix.ip6()).erase(prefix.data(), prefix.length);
    return top;
  }
  insert(prefix, found->second.back());
  found->second.pop_back();
  if (found->second.empty()) waiting_.erase(found);
  return top;
}

std::optional<FibRoute> RoutingFib::take_waiting(const Prefix& prefix, RouteSource source) {
  const auto found = waiting_.find(prefix);
  if (found == waiting_.end()) return std::nullopt;
  auto& others = found->second;
  const auto at = std::find_if(others.begin(), others.end(),
                               [&](const FibRoute& other) { return other.tag.source == source; });
  if (at == others.end()) return std::nullopt;
  const FibRoute taken = *at;
  others.erase(at);
  if (others.empty()) waiting_.erase(found);
  return taken;
}

void RoutingFib::set_tag(const Prefix& prefix, RouteTag tag) {
  const auto deciding = top(prefix);
  if (deciding && deciding->tag.source == tag.source) {
    table(prefix.ip6()).set_tag(prefix.data(), prefix.length, tag.word());
    return;
  }
  const auto found = waiting_.find(prefix);
  if (found == waiting_.end()) return;
  for (FibRoute& route : found->second)
    if (route.tag.source == tag.source) route.tag = tag;
}

void RoutingFib::reclaim() {
  vrf_.fib4.reclaim();
  vrf_.fib6.reclaim();
}

}  // namespace millrace
