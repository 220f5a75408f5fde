// What the kernel says about routes and addresses.
#include <stdexcept>

#include "engine/routing.hpp"

namespace millrace {

void Routing::set_kernel_route(std::uint32_t vrf, const Prefix& prefix, RouteType type,
                               std::span<const NextHop> hops) {
  const std::lock_guard lock(mutex_);
  Network& network = network_of(vrf);
  RouteChange change{.prefix = prefix, .type = type, .source = RouteSource::kKernel};
  change.next_hops.assign(hops.begin(), hops.end());
  check_change(network, change);
  const auto known = network.fib.find(prefix, RouteSource::kKernel);
  const std::uint32_t before = known ? known->value : kNextHopNone;
  const FibRoute route{target_of(change, before), {RouteSource::kKernel, generation_}};
  if (!known || known->value != route.value) return put(network, prefix, route);
  next_hops_.release(route.value);
  if (known->tag.generation != generation_) network.fib.set_tag(prefix, route.tag);
}

void Routing::remove_kernel_route(std::uint32_t vrf, const Prefix& prefix) {
  const std::lock_guard lock(mutex_);
  take(network_of(vrf), prefix, RouteSource::kKernel);
}

void Routing::set_local(std::uint32_t vrf, const IpAddress& address, LocalOwner owner) {
  const std::lock_guard lock(mutex_);
  put_local(network_of(vrf), address, owner);
}

void Routing::put_local(Network& network, const IpAddress& address, LocalOwner owner) {
  put(network, Prefix::host(address), {kNextHopLocal, {RouteSource::kLocal}});
  network.locals[address].insert(owner);
}

void Routing::remove_local(std::uint32_t vrf, const IpAddress& address, LocalOwner owner) {
  const std::lock_guard lock(mutex_);
  Network& network = network_of(vrf);
  const auto known = network.locals.find(address);
  if (known == network.locals.end() || known->second.erase(owner) == 0) return;
  if (!known->second.empty()) return;
  network.locals.erase(known);
  take(network, Prefix::host(address), RouteSource::kLocal);
}

}  // namespace millrace
