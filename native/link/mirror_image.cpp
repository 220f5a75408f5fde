#include "link/mirror_image.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace millrace {

namespace {

template <std::size_t kBytes>
using Store = RouteStore<kBytes>;

// The first route of the prefix with that metric that fits, kNil for none.
template <std::size_t kBytes, typename Fits>
std::uint32_t find(const Store<kBytes>& store, const RouteMessage& route, Fits fits) {
  for (std::uint32_t i = store.best(route.key); i != Store<kBytes>::kNil; i = store.next(i))
    if (store[i].metric == route.metric && fits(store.path(i))) return i;
  return Store<kBytes>::kNil;
}

// One next hop of an IPv6 route, or some.
bool is_subset(const std::vector<KernelNextHop>& part, const std::vector<KernelNextHop>& whole) {
  return !part.empty() && std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

// What the kernel merges into one IPv6 route per metric (rt6_qualify_for_ecmp): not the routes that
// routers advertise.
bool can_be_multipath(const RoutePath& path) {
  if (path.protocol == RTPROT_RA || path.protocol == RTPROT_REDIRECT) return false;
  return std::any_of(path.hops.begin(), path.hops.end(),
                     [](const KernelNextHop& hop) { return hop.has_gateway; });
}

// The route in whose place this one comes. With NLM_F_REPLACE the first with the same metric, where
// IPv6 replaces multipath by multipath if it can. Without it a message tells of an IPv6 multipath
// route with all next hops that it has by then.
template <std::size_t kBytes>
std::uint32_t replaced_by(const Store<kBytes>& store, const RouteMessage& route) {
  const bool replace = (route.flags & NLM_F_REPLACE) != 0;
  const bool multipath = can_be_multipath(route.path);
  if (Store<kBytes>::kIp6 && (replace || multipath)) {
    const std::uint32_t like = find(store, route, [multipath](const RoutePath& path) {
      return can_be_multipath(path) == multipath;
    });
    if (like != Store<kBytes>::kNil) return like;
  }
  if (replace) return find(store, route, [](const RoutePath&) { return true; });
  if (!Store<kBytes>::kIp6) return Store<kBytes>::kNil;
  return find(store, route,
              [&](const RoutePath& path) { return is_subset(path.hops, route.path.hops); });
}

template <std::size_t kBytes>
std::uint32_t find_same(const Store<kBytes>& store, const RouteMessage& route) {
  return find(store, route, [&](const RoutePath& path) { return path == route.path; });
}

}  // namespace

template <std::size_t kBytes>
void load_route(Store<kBytes>& store, const RouteMessage& route) {
  if (find_same(store, route) == Store<kBytes>::kNil)
    store.insert(route.key, route.metric, route.path, Store<kBytes>::Place::kAfterEqual);
}

template <std::size_t kBytes>
void add_route(Store<kBytes>& store, const RouteMessage& route) {
  using Place = typename Store<kBytes>::Place;
  constexpr std::uint32_t kNil = Store<kBytes>::kNil;
  const std::uint32_t same = find_same(store, route);
  const std::uint32_t old = replaced_by(store, route);
  if (old == same && same != kNil) return;
  // Told again with NLM_F_REPLACE since its nexthop object has changed (nexthop_compat_mode).
  if (same != kNil && route.path.nexthop_id != 0) return;
  // Events older than the dump that they are applied to are undone by those that follow them: a
  // route is there only once.
  if (old != kNil) {
    if (same != kNil) store.erase(same);
    return store.replace(old, route.path);
  }
  if (same != kNil) return;
  const bool behind = Store<kBytes>::kIp6 || (route.flags & NLM_F_APPEND) != 0;
  store.insert(route.key, route.metric, route.path,
               behind ? Place::kAfterEqual : Place::kBeforeEqual);
}

template <std::size_t kBytes>
bool remove_route(Store<kBytes>& store, const RouteMessage& route) {
  constexpr std::uint32_t kNil = Store<kBytes>::kNil;
  if (const std::uint32_t same = find_same(store, route); same != kNil) {
    store.erase(same);
    return true;
  }
  const auto contains = [&](const RoutePath& path) {
    return Store<kBytes>::kIp6 && is_subset(route.path.hops, path.hops);
  };
  const std::uint32_t whole = find(store, route, contains);
  if (whole == kNil) return find(store, route, [](const RoutePath&) { return true; }) == kNil;
  RoutePath left = store.path(whole);
  std::erase_if(left.hops, [&](const KernelNextHop& hop) {
    return std::binary_search(route.path.hops.begin(), route.path.hops.end(), hop);
  });
  if (left.hops.empty())
    store.erase(whole);
  else
    store.replace(whole, left);
  return true;
}

template void load_route(RouteStore<4>&, const RouteMessage&);
template void load_route(RouteStore<16>&, const RouteMessage&);
template void add_route(RouteStore<4>&, const RouteMessage&);
template void add_route(RouteStore<16>&, const RouteMessage&);
template bool remove_route(RouteStore<4>&, const RouteMessage&);
template bool remove_route(RouteStore<16>&, const RouteMessage&);

bool MirrorImage::load(const nlmsghdr* message) {
  switch (message->nlmsg_type) {
    case RTM_NEWROUTE:
      if (!parse_route(message, route_)) return false;
      if (!route_.ip6) without_ip4.insert(route_.dead.begin(), route_.dead.end());
      route_.ip6 ? load_route(routes6, route_) : load_route(routes4, route_);
      return true;
    case RTM_NEWLINK: {
      KernelLink link;
      if (!parse_link(message, link)) return false;
      links[link.ifindex] = link;
      return true;
    }
    case RTM_NEWADDR: {
      KernelAddress address;
      if (!parse_address(message, address)) return false;
      addresses[key_of(address)] = address;
      return true;
    }
    case RTM_NEWNEIGH: {
      KernelNeighbour neighbour;
      if (!parse_neighbour(message, neighbour)) return false;
      neighbours[key_of(neighbour)] = neighbour;
      return true;
    }
    case RTM_NEWNEXTHOP: {
      std::uint32_t id = 0;
      NexthopObject object;
      if (!parse_nexthop(message, id, object)) return false;
      nexthops.set(id, object);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace millrace
