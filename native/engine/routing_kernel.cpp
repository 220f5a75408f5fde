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

void Routing::set_local(std::uint32_t vrf, const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  put(network_of(vrf), Prefix::host(address), {kNextHopLocal, {RouteSource::kLocal}});
}

void Routing::remove_local(std::uint32_t vrf, const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  Network& network = network_of(vrf);
  const Vrf& tables = network.fib.vrf();
  const bool gateway = address.ip6
                           ? tables.has_gateway6 && address == IpAddress::of(tables.gateway6)
                           : tables.has_gateway4 && address == IpAddress::of(tables.gateway4);
  if (!gateway) take(network, Prefix::host(address), RouteSource::kLocal);
}

}  // namespace millrace
