// What the sink is told of routes.
#include <algorithm>

#include "link/mirror_state.hpp"

namespace millrace {

namespace {

constexpr unsigned kReportsPerBreath = 1024;

}  // namespace

void MirrorState::breathe() {
  if (++reports_ % kReportsPerBreath == 0 && breathe_) breathe_();
}

bool MirrorState::alive(const KernelNextHop& hop, bool ip6) const {
  const auto link = image_.links.find(hop.ifindex);
  if (link != image_.links.end() && !link->second.admin_up) return false;
  return ip6 || !image_.without_ip4.contains(hop.ifindex);
}

// Of a multipath route the kernel keeps the dead members, to use them again when the link is back.
void MirrorState::resolve(const RoutePath& path, bool ip6, KernelRoute& route) {
  route.type = path.type;
  route.next_hops = path.hops;
  if (path.nexthop_id == 0 && path.hops.size() < 2) return;
  hops_.clear();
  if (path.nexthop_id != 0)
    image_.nexthops.resolve(path.nexthop_id, hops_, route.type);
  else
    std::copy_if(path.hops.begin(), path.hops.end(), std::back_inserter(hops_),
                 [&](const KernelNextHop& hop) { return alive(hop, ip6); });
  route.next_hops = hops_;
}

template <std::size_t kBytes>
void MirrorState::report(const RouteStore<kBytes>& store, std::uint32_t index) {
  const RouteKey key = store.key(index);
  const RoutePath& path = store.path(index);
  KernelRoute route{.ip6 = kBytes == 16,
                    .prefix = key.prefix,
                    .length = key.length,
                    .table = key.table,
                    .metric = store[index].metric,
                    .protocol = path.protocol,
                    .nexthop_id = path.nexthop_id,
                    .next_hops = {}};
  resolve(path, kBytes == 16, route);
  sink_.on_route(route, false);
  breathe();
}

void MirrorState::report_removed(bool ip6, const RouteKey& key) {
  sink_.on_route(
      {.ip6 = ip6, .prefix = key.prefix, .length = key.length, .table = key.table, .next_hops = {}},
      true);
  breathe();
}

template <std::size_t kBytes>
void MirrorState::report_path(RouteStore<kBytes>& store, std::uint32_t path) {
  for (std::uint32_t i = store.first_on(path); i != RouteStore<kBytes>::kNil;
       i = store[i].path_next)
    if (store.best(store.key(i)) == i) report(store, i);
}

template <std::size_t kBytes>
void MirrorState::erase(RouteStore<kBytes>& store, std::uint32_t index) {
  const RouteKey key = store.key(index);
  const bool was_best = store.best(key) == index;
  store.erase(index);
  if (!was_best) return;
  const std::uint32_t now = store.best(key);
  if (now == RouteStore<kBytes>::kNil)
    report_removed(kBytes == 16, key);
  else
    report(store, now);
}

template <std::size_t kBytes>
void MirrorState::remove_path(RouteStore<kBytes>& store, std::uint32_t path) {
  doubt_ = true;
  const std::uint64_t serial = store.paths().serial(path);
  while (store.paths().used(path) && store.paths().serial(path) == serial)
    erase(store, store.first_on(path));
}

template void MirrorState::report(const RouteStore<4>&, std::uint32_t);
template void MirrorState::report(const RouteStore<16>&, std::uint32_t);
template void MirrorState::report_path(RouteStore<4>&, std::uint32_t);
template void MirrorState::report_path(RouteStore<16>&, std::uint32_t);
template void MirrorState::erase(RouteStore<4>&, std::uint32_t);
template void MirrorState::erase(RouteStore<16>&, std::uint32_t);
template void MirrorState::remove_path(RouteStore<4>&, std::uint32_t);
template void MirrorState::remove_path(RouteStore<16>&, std::uint32_t);

}  // namespace millrace
