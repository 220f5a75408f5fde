// What the tables hold, for people and for metrics.
#include "engine/routing.hpp"

namespace millrace {

namespace {

RouteType type_of(const NextHops::Description& target) {
  switch (target.kind) {
    case AdjacencyKind::kBlackhole:
      return RouteType::kBlackhole;
    case AdjacencyKind::kUnreachable:
      return RouteType::kUnreachable;
    case AdjacencyKind::kProhibit:
      return RouteType::kProhibit;
    case AdjacencyKind::kLeak:
      return RouteType::kLeak;
    case AdjacencyKind::kLocal:
      return RouteType::kLocal;
    case AdjacencyKind::kGlean:
      return RouteType::kConnected;
    default:
      return RouteType::kUnicast;
  }
}

}  // namespace

// Workers add without a lock; what is read may be a packet behind.
std::pair<std::uint64_t, std::uint64_t> Routing::counted(std::uint32_t counter) const {
  std::uint64_t packets = 0, bytes = 0;
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    const std::uint64_t* const slots = options_.counters[i] + std::size_t{counter} * 2;
    packets += __atomic_load_n(&slots[0], __ATOMIC_RELAXED);
    bytes += __atomic_load_n(&slots[1], __ATOMIC_RELAXED);
  }
  return {packets, bytes};
}

void Routing::remember_counter(std::uint32_t number) {
  const std::uint32_t counter = next_hops_.describe(number).counter;
  baselines_[counter] = counted(counter);
}

NextHopInfo Routing::info_of(const NextHop& hop) const {
  NextHopInfo info{.hop = hop};
  const NextHopPort* port = next_hops_.port(hop.port);
  if (hop.has_address) {
    const Neighbour* neighbour = next_hops_.neighbour(hop.port, hop.address);
    info.resolved = neighbour != nullptr && neighbour->resolved();
    if (info.resolved) info.mac = neighbour->mac();
  } else {
    info.resolved = true;
    if (port != nullptr && !port->uplink) info.mac = port->peer_mac;
  }
  return info;
}

RouteInfo Routing::info_of(const Prefix& prefix, const FibRoute& route) const {
  const NextHops::Description target = next_hops_.describe(route.value);
  RouteInfo info{.prefix = prefix,
                 .type = type_of(target),
                 .source = route.tag.source,
                 .leak_to = target.leak_to,
                 .counted = target.counted};
  for (const NextHop& hop : target.hops) info.next_hops.push_back(info_of(hop));
  if (!target.counted) return info;
  const auto [packets, bytes] = counted(target.counter);
  info.packets = packets - baselines_[target.counter].first;
  info.bytes = bytes - baselines_[target.counter].second;
  return info;
}

RouteList Routing::list(std::uint32_t vrf, const RouteQuery& query) const {
  const std::lock_guard lock(mutex_);
  const Network& network = network_of(vrf);
  RouteList list;
  const auto take = [&](const Prefix& prefix, const FibRoute& route) {
    if (query.family != 0 && prefix.ip6() != (query.family == 6)) return;
    if (query.source && route.tag.source != *query.source) return;
    if (query.within && !query.within->contains(prefix)) return;
    if (list.total++ < query.limit) list.routes.push_back(info_of(prefix, route));
  };
  if (query.match) {
    if (const auto found = network.fib.match(*query.match)) take(found->first, found->second);
  } else if (query.within) {
    network.fib.walk_within(*query.within, take);
  } else {
    for (const bool ip6 : {false, true}) network.fib.walk_within({IpAddress{ip6}, 0}, take);
  }
  return list;
}

}  // namespace millrace
