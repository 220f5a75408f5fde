// What the kernel does to routes without a message (net/ipv4/fib_semantics.c, net/ipv4/nexthop.c,
// net/ipv6/route.c; seen on Linux 6.18: not one RTM_DELROUTE for IPv4 when a link goes down).
#include <linux/rtnetlink.h>

#include <algorithm>

#include "link/mirror_state.hpp"

namespace millrace {

namespace {

bool goes_through(const RoutePath& path, std::int32_t ifindex) {
  return std::any_of(path.hops.begin(), path.hops.end(),
                     [ifindex](const KernelNextHop& hop) { return hop.ifindex == ifindex; });
}

}  // namespace

void MirrorState::after_link(const KernelLink& before, const KernelLink& after, bool removed) {
  const std::int32_t ifindex = after.ifindex;
  if (removed || !after.admin_up || !after.carrier) flush_nexthops(ifindex);
  const bool up = after.admin_up && !removed;
  if (!removed && up == before.admin_up && before.ifindex != 0) return;
  const LinkEvent event = removed ? LinkEvent::kGone : up ? LinkEvent::kUp : LinkEvent::kDown;
  if (event != LinkEvent::kDown) image_.without_ip4.erase(ifindex);
  sync_paths(image_.routes4, ifindex, event);
  sync_paths(image_.routes6, ifindex, event);
}

// Down, gone or without carrier: the objects through the link go, and their groups shrink.
void MirrorState::flush_nexthops(std::int32_t ifindex) {
  for (const std::uint32_t id : image_.nexthops.through(ifindex)) {
    doubt_ = true;
    remove_nexthop(id);
  }
}

// Costs one look at each path, not at each route.
template <std::size_t kBytes>
void MirrorState::sync_paths(RouteStore<kBytes>& store, std::int32_t ifindex, LinkEvent event) {
  for (std::uint32_t path = 0; path < store.paths().end(); ++path)
    if (store.paths().used(path) && goes_through(store.paths()[path], ifindex))
      sync_path(store, path, ifindex, event);
}

template <std::size_t kBytes>
void MirrorState::sync_path(RouteStore<kBytes>& store, std::uint32_t path, std::int32_t ifindex,
                            LinkEvent event) {
  const RoutePath now = store.paths()[path];
  const bool multipath = now.hops.size() > 1;
  if (event == LinkEvent::kUp) {
    if (multipath) report_path(store, path);
    return;
  }
  doubt_ = true;
  if (event == LinkEvent::kGone && kBytes == 16 && multipath) {  // the others stay
    RoutePath left = now;
    std::erase_if(left.hops, [&](const KernelNextHop& hop) { return hop.ifindex == ifindex; });
    if (left.hops.empty()) return remove_path(store, path);
    while (store.first_on(path) != RouteStore<kBytes>::kNil && store.paths().used(path) &&
           store.paths()[path] == now) {
      const std::uint32_t route = store.first_on(path);
      store.replace(route, left);
      if (store.best(store.key(route)) == route) report(store, route);
    }
    return;
  }
  const bool dead = std::none_of(now.hops.begin(), now.hops.end(), [&](const KernelNextHop& hop) {
    return alive(hop, kBytes == 16);
  });
  // An address of a link that is down is still the host's own.
  const bool stays =
      now.host_scope && event == LinkEvent::kDown && !image_.without_ip4.contains(ifindex);
  if (event == LinkEvent::kGone || (dead && !stays))
    remove_path(store, path);
  else if (multipath)
    report_path(store, path);
}

// fib_del_ifaddr(): with the last address of a link IPv4 ends there; routes that prefer a source
// that is nowhere any more are removed, where they are in the table of that link.
void MirrorState::after_address_removal(const KernelAddress& address) {
  const auto& all = image_.addresses;
  const bool elsewhere = std::any_of(all.begin(), all.end(), [&](const auto& entry) {
    return !entry.second.ip6 && entry.second.address == address.address;
  });
  std::uint32_t source;
  std::memcpy(&source, address.address.data(), 4);
  std::uint32_t table = RT_TABLE_MAIN;
  if (const auto link = image_.links.find(address.ifindex); link != image_.links.end())
    if (const auto vrf = image_.links.find(link->second.master); vrf != image_.links.end())
      if (vrf->second.vrf_table != 0) table = vrf->second.vrf_table;
  if (!elsewhere) withdraw_source(source, table);
  const bool last = std::none_of(all.begin(), all.end(), [&](const auto& entry) {
    return !entry.second.ip6 && entry.second.ifindex == address.ifindex;
  });
  if (!last) return;
  image_.without_ip4.insert(address.ifindex);
  sync_paths(image_.routes4, address.ifindex, LinkEvent::kDown);
}

void MirrorState::withdraw_source(std::uint32_t address, std::uint32_t table) {
  auto& store = image_.routes4;
  std::vector<std::uint32_t> gone;
  for (std::uint32_t path = 0; path < store.paths().end(); ++path) {
    if (!store.paths().used(path) || store.paths()[path].preferred_source != address) continue;
    doubt_ = true;
    for (std::uint32_t i = store.first_on(path); i != RouteStore<4>::kNil; i = store[i].path_next)
      if (store[i].table == table) gone.push_back(i);
  }
  for (const std::uint32_t index : gone) erase(store, index);
}

template void MirrorState::sync_paths(RouteStore<4>&, std::int32_t, LinkEvent);
template void MirrorState::sync_paths(RouteStore<16>&, std::int32_t, LinkEvent);

}  // namespace millrace
