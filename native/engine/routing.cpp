#include "engine/routing.hpp"

#include <stdexcept>

#include "engine/routing_batch.hpp"

namespace millrace {

namespace {
// Retired objects are some 100 bytes each.
constexpr std::uint32_t kReclaimEvery = 8192;
}  // namespace

Routing::Routing(const Options& options)
    : options_(options),
      next_hops_(options.adjacencies, options.counted_routes),
      baselines_(options.counted_routes) {}

Routing::Network& Routing::network_of(std::uint32_t vrf) {
  return const_cast<Network&>(std::as_const(*this).network_of(vrf));
}

const Routing::Network& Routing::network_of(std::uint32_t vrf) const {
  const auto found = networks_.find(vrf);
  if (found == networks_.end())
    throw std::invalid_argument("there is no routed network " + std::to_string(vrf));
  return found->second;
}

void Routing::add_vrf(Vrf& vrf) {
  const std::lock_guard lock(mutex_);
  Network& network = networks_.try_emplace(vrf.id, vrf).first->second;
  if (vrf.has_gateway4) put_local(network, IpAddress::of(vrf.gateway4), LocalOwner::kGateway);
  if (vrf.has_gateway6) put_local(network, IpAddress::of(vrf.gateway6), LocalOwner::kGateway);
}

void Routing::remove_vrf(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  Network& network = network_of(id);
  if (next_hops_.has_leak_to(id))
    throw std::invalid_argument("network " + std::to_string(id) +
                                " cannot go: routes of other networks leak into it");
  sweep(network, [](const FibRoute&) { return true; });
  publish_now();
  networks_.erase(id);
}

void Routing::add_port(const PortConfig& config) {
  if (config.vrf == nullptr) return;
  const std::lock_guard lock(mutex_);
  next_hops_.add_port({.index = config.index,
                       .vrf_id = config.vrf->id,
                       .uplink = config.uplink,
                       .tunnel = config.vxlan != nullptr,
                       .mtu = config.mtu,
                       .mac = config.mac,
                       .peer_mac = config.peer_mac},
                      adjacency_of(config));
}

void Routing::remove_port(std::uint16_t index) {
  const std::lock_guard lock(mutex_);
  const NextHopPort* port = next_hops_.port(index);
  if (port == nullptr) return;
  Network& network = network_of(port->vrf_id);
  std::erase_if(network.neighbours, [&](const auto& item) { return item.second == index; });
  // Most ports of pods are left alone by now; only others are worth a walk through all routes.
  if (next_hops_.port_in_use(index)) {
    next_hops_.leave_groups(index);
    sweep(network,
          [&](const FibRoute& route) { return next_hops_.leads_nowhere(route.value, index); });
  }
  publish_now();
  next_hops_.forget_port(index);
  publish_now();
}

void Routing::set_port_up(std::uint16_t index, bool up) {
  const std::lock_guard lock(mutex_);
  if (next_hops_.port(index) != nullptr) next_hops_.set_port_up(index, up);
}

void Routing::apply(std::uint32_t vrf, std::span<const RouteChange> changes) {
  const std::lock_guard lock(mutex_);
  Network& network = network_of(vrf);
  const Outcome outcome = validate(network, changes);
  Batch batch(*this, network);
  batch.prepare(outcome);
  batch.carry_out();
  batch.commit();
  publish_now();
}

// A reference to what the route leads to. before: the number that the prefix leads to now, 0 for
// none.
std::uint32_t Routing::target_of(const RouteChange& change, std::uint32_t before) {
  std::uint32_t number = kNextHopNone;
  switch (change.type) {
    case RouteType::kBlackhole:
      number = kNextHopBlackhole;
      break;
    case RouteType::kUnreachable:
      number = kNextHopUnreachable;
      break;
    case RouteType::kProhibit:
      number = kNextHopProhibit;
      break;
    case RouteType::kLocal:
      number = kNextHopLocal;
      break;
    case RouteType::kLeak:
      number = next_hops_.acquire_leak(network_of(change.leak_to).fib.vrf(), change.leak_to);
      break;
    default:
      number = next_hops_.acquire(change.next_hops, before);
  }
  if (!change.counted) return number;
  try {
    const std::uint32_t wrapper = next_hops_.acquire_counted(number);
    remember_counter(wrapper);
    return wrapper;
  } catch (...) {
    next_hops_.release(number);
    throw;
  }
}

// Takes over the reference that the route holds.
void Routing::put(Network& network, const Prefix& prefix, const FibRoute& route) {
  std::optional<FibRoute> replaced;
  try {
    replaced = network.fib.put(prefix, route);
  } catch (...) {
    next_hops_.release(route.value);
    throw;
  }
  if (replaced) next_hops_.release(replaced->value);
  if (route.tag.source != RouteSource::kNeighbour) revisit_neighbours(network, prefix);
  changed();
}

bool Routing::take(Network& network, const Prefix& prefix, RouteSource source) {
  const auto taken = network.fib.take(prefix, source);
  if (!taken) return false;
  next_hops_.release(taken->value);
  if (source != RouteSource::kNeighbour) revisit_neighbours(network, prefix);
  changed();
  return true;
}

template <class Unwanted>
void Routing::sweep(Network& network, Unwanted unwanted) {
  std::vector<std::pair<Prefix, RouteSource>> found;
  network.fib.walk_all([&](const Prefix& prefix, const FibRoute& route) {
    if (unwanted(route)) found.emplace_back(prefix, route.tag.source);
  });
  for (const auto& [prefix, source] : found) take(network, prefix, source);
}

void Routing::changed() {
  if (++changes_ >= kReclaimEvery) publish_now();
}

void Routing::publish() {
  const std::lock_guard lock(mutex_);
  publish_now();
}

void Routing::publish_now() {
  if (changes_ == 0 && !next_hops_.has_retired()) return;
  changes_ = 0;
  options_.synchronize();
  next_hops_.reclaim();
  for (auto& [id, network] : networks_) network.fib.reclaim();
}

void Routing::begin_resync() {
  const std::lock_guard lock(mutex_);
  ++generation_;
}

void Routing::end_resync() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, network] : networks_)
    sweep(network, [&](const FibRoute& route) {
      return route.tag.source == RouteSource::kKernel && route.tag.generation != generation_;
    });
  publish_now();
}

void Routing::drop_kernel_routes(std::uint32_t vrf) {
  const std::lock_guard lock(mutex_);
  sweep(network_of(vrf),
        [](const FibRoute& route) { return route.tag.source == RouteSource::kKernel; });
  publish_now();
}

}  // namespace millrace
