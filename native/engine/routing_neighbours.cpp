// Neighbours, and the host routes that lead to those on connected networks: without one, the FIB
// would go on saying "ask for the address" once it is known.
#include <stdexcept>

#include "engine/routing.hpp"

namespace millrace {

void Routing::set_neighbour(std::uint16_t port, const IpAddress& address, const Mac& mac) {
  const std::lock_guard lock(mutex_);
  if (next_hops_.port(port) == nullptr)
    throw std::invalid_argument("neighbour " + to_text(address) + ": there is no port " +
                                std::to_string(port));
  set_mac(port, address, true, &mac);
}

void Routing::remove_neighbour(std::uint16_t port, const IpAddress& address) {
  const std::lock_guard lock(mutex_);
  if (next_hops_.port(port) != nullptr) set_mac(port, address, true, nullptr);
}

void Routing::apply_neighbours(std::uint32_t vrf, std::span<const NeighbourChange> changes) {
  const std::lock_guard lock(mutex_);
  check_neighbours(network_of(vrf), changes);
  std::vector<std::pair<const NeighbourChange*, std::optional<Mac>>> before;
  before.reserve(changes.size());
  try {
    for (const NeighbourChange& change : changes) {
      const Neighbour* known = next_hops_.neighbour(change.port, change.address);
      const bool configured = known != nullptr && known->has_static_mac;
      before.emplace_back(&change, configured ? std::optional(known->static_mac) : std::nullopt);
      set_mac(change.port, change.address, false,
              change.op == ChangeOp::kDelete ? nullptr : &change.mac);
    }
  } catch (...) {
    for (; !before.empty(); before.pop_back()) {
      const auto& [change, mac] = before.back();
      set_mac(change->port, change->address, false, mac ? &*mac : nullptr);
    }
    throw;
  }
  publish_now();
}

void Routing::set_mac(std::uint16_t port, const IpAddress& address, bool by_kernel,
                      const Mac* mac) {
  const NextHopPort& config = *next_hops_.port(port);
  if (!config.uplink) return;  // the pod is known, and nobody else is there
  Network& network = network_of(config.vrf_id);
  if (Neighbour* known = next_hops_.neighbour(port, address); mac == nullptr && known != nullptr) {
    const bool other = by_kernel ? known->has_static_mac : known->has_kernel_mac;
    if (!other) network.neighbours.erase({address, port});
    if (!other && known->has_host_route) {
      known->has_host_route = false;
      next_hops_.hold(known->number);  // so that it lives until its MAC is gone
      take(network, Prefix::host(address), RouteSource::kNeighbour);
      const std::uint32_t number = known->number;
      next_hops_.set_mac(port, address, by_kernel, nullptr);
      next_hops_.release(number);
      return revisit_neighbours(network, Prefix::host(address));
    }
  }
  next_hops_.set_mac(port, address, by_kernel, mac);
  if (mac == nullptr) return;
  network.neighbours.insert({address, port});
  update_host_route(network, *next_hops_.neighbour(port, address));
}

// On a connected network of its port. Elsewhere the kernel would not go by it either.
bool Routing::wants_host_route(const Network& network, const Neighbour& neighbour) const {
  const IpAddress& address = neighbour.address;
  if (!neighbour.resolved() || address.is_link_local() || address.is_multicast()) return false;
  // Behind a tunnel the address is that of a VTEP, which is no host of the tenant.
  if (next_hops_.port(neighbour.port)->tunnel) return false;
  const auto around = network.fib.covering(Prefix::host(address), address.bits() - 1);
  return !around || next_hops_.is_connected(around->second.value, neighbour.port);
}

void Routing::update_host_route(Network& network, Neighbour& neighbour) {
  const Prefix prefix = Prefix::host(neighbour.address);
  const bool wanted = wants_host_route(network, neighbour);
  if (wanted == neighbour.has_host_route) return;
  if (!wanted) {
    neighbour.has_host_route = false;
    take(network, prefix, RouteSource::kNeighbour);
    return;
  }
  try {
    put(network, prefix, {next_hops_.acquire(neighbour), {RouteSource::kNeighbour}});
    // The same address behind another uplink had it until now.
    for (auto it = network.neighbours.lower_bound({neighbour.address, 0});
         it != network.neighbours.end() && it->first == neighbour.address; ++it)
      if (Neighbour* other = next_hops_.neighbour(it->second, it->first))
        other->has_host_route = false;
    neighbour.has_host_route = true;
  } catch (const std::length_error&) {
    // No room: as long as that lasts the neighbour is reached as a gateway only.
  }
}

// A route with this prefix has come or gone: it may be what makes neighbours inside connected.
void Routing::revisit_neighbours(Network& network, const Prefix& prefix) {
  for (auto it = network.neighbours.lower_bound({prefix.address, 0});
       it != network.neighbours.end() && prefix.contains(it->first); ++it)
    if (Neighbour* neighbour = next_hops_.neighbour(it->second, it->first))
      update_host_route(network, *neighbour);
}

std::vector<NeighbourInfo> Routing::list_neighbours(std::uint32_t vrf) {
  const std::lock_guard lock(mutex_);
  network_of(vrf);
  std::vector<NeighbourInfo> list;
  next_hops_.for_each_neighbour([&](const Neighbour& neighbour) {
    const NextHopPort& port = *next_hops_.port(neighbour.port);
    if (port.vrf_id != vrf || !port.uplink) return;
    NeighbourInfo info{.port = neighbour.port, .address = neighbour.address};
    if (neighbour.resolved()) info.mac = neighbour.mac();
    if (neighbour.has_kernel_mac) info.source = NeighbourSource::kKernel;
    if (neighbour.has_static_mac) info.source = NeighbourSource::kStatic;
    info.used = neighbour.use.used.load(std::memory_order_relaxed);
    list.push_back(info);
  });
  return list;
}

void Routing::collect_used(const std::function<void(std::uint16_t, const IpAddress&)>& fn) {
  std::vector<std::pair<std::uint16_t, IpAddress>> used;
  {
    const std::lock_guard lock(mutex_);
    next_hops_.for_each_neighbour([&](Neighbour& neighbour) {
      // A group never sends to a member that is not resolved, so no packet asks for it.
      const bool wanted = !neighbour.resolved() && !neighbour.groups.empty();
      if (!wanted && !neighbour.use.used.load(std::memory_order_relaxed)) return;
      neighbour.use.used.store(false, std::memory_order_relaxed);
      if (next_hops_.port(neighbour.port)->uplink)
        used.emplace_back(neighbour.port, neighbour.address);
    });
  }
  for (const auto& [port, address] : used) fn(port, address);
}

}  // namespace millrace
