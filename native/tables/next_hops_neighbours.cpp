// Neighbours and the ports they are behind.
#include <utility>

#include "tables/next_hops.hpp"

namespace millrace {

void NextHops::add_port(const NextHopPort& port, const Adjacency& behind) {
  const std::uint32_t number = kFirstAdjacency + port.index;
  ports_[port.index] = {port};
  entry(number) = {.kind = Kind::kPod, .id = port.index};
  table_.publish(number, behind);
}

const NextHopPort* NextHops::port(std::uint16_t index) const {
  const auto found = ports_.find(index);
  return found == ports_.end() ? nullptr : &found->second.port;
}

void NextHops::set_port_up(std::uint16_t index, bool up) {
  PortState& state = state_of(index);
  if (state.up == up) return;
  state.up = up;
  if (state.glean != kNextHopNone) publish_glean(state);
  for_each_neighbour_of(index, [&](Neighbour& neighbour) {
    if (neighbour.number != kNextHopNone) publish_neighbour(neighbour);
  });
  for (auto& [number, group] : groups_) rebalance(*group);
}

// Precondition: nothing leads behind the port any longer.
void NextHops::forget_port(std::uint16_t index) {
  auto next = neighbours_.lower_bound({index, IpAddress{}});
  while (next != neighbours_.end() && next->first.port == index) {
    old_neighbours_.push_back(std::move(next->second));
    next = neighbours_.erase(next);
  }
  entry(kFirstAdjacency + index) = {};
  table_.publish(kFirstAdjacency + index, Adjacency{});
  ports_.erase(index);
}

bool NextHops::port_in_use(std::uint16_t index) const {
  const PortState& state = state_of(index);
  if (state.glean != kNextHopNone || entry(kFirstAdjacency + index).references > 0) return true;
  for (auto it = neighbours_.lower_bound({index, IpAddress{}});
       it != neighbours_.end() && it->first.port == index; ++it)
    if (it->second->number != kNextHopNone) return true;
  return false;
}

const Neighbour* NextHops::neighbour(std::uint16_t port, const IpAddress& address) const {
  const auto found = neighbours_.find({port, address});
  return found == neighbours_.end() ? nullptr : found->second.get();
}

Neighbour* NextHops::neighbour(std::uint16_t port, const IpAddress& address) {
  return const_cast<Neighbour*>(std::as_const(*this).neighbour(port, address));
}

// Behind a port of a pod there is only the pod: whatever the address, the MAC is known.
Neighbour& NextHops::neighbour_for(std::uint16_t port, const IpAddress& address) {
  if (Neighbour* known = neighbour(port, address)) return *known;
  const NextHopPort& config = state_of(port).port;
  auto fresh = std::make_unique<Neighbour>();
  fresh->port = port;
  fresh->address = address;
  fresh->has_static_mac = !config.uplink;
  fresh->static_mac = config.peer_mac;
  return *neighbours_.try_emplace({port, address}, std::move(fresh)).first->second;
}

std::uint32_t NextHops::acquire(Neighbour& neighbour) {
  if (neighbour.number == kNextHopNone) {
    try {
      neighbour.number = allocate(Kind::kNeighbour, neighbour.port);
    } catch (...) {
      forget_if_unused(neighbour);
      throw;
    }
    entry(neighbour.number).neighbour = &neighbour;
    publish_neighbour(neighbour);
  }
  hold(neighbour.number);
  return neighbour.number;
}

void NextHops::forget_if_unused(Neighbour& neighbour) {
  const bool known = neighbour.resolved() && state_of(neighbour.port).port.uplink;
  if (known || neighbour.number != kNextHopNone) return;
  const auto found = neighbours_.find({neighbour.port, neighbour.address});
  old_neighbours_.push_back(std::move(found->second));
  neighbours_.erase(found);
}

void NextHops::set_mac(std::uint16_t port, const IpAddress& address, bool by_kernel,
                       const Mac* mac) {
  if (mac == nullptr && neighbour(port, address) == nullptr) return;
  Neighbour& neighbour = neighbour_for(port, address);
  const bool was_resolved = neighbour.resolved();
  const Mac before = neighbour.mac();
  (by_kernel ? neighbour.has_kernel_mac : neighbour.has_static_mac) = mac != nullptr;
  (by_kernel ? neighbour.kernel_mac : neighbour.static_mac) = mac != nullptr ? *mac : Mac{};
  if (was_resolved == neighbour.resolved() && before == neighbour.mac()) return;
  if (neighbour.number != kNextHopNone) {
    // Groups turn away before it goes, and toward it when it is there.
    if (!neighbour.resolved()) rebalance_around(neighbour);
    publish_neighbour(neighbour);
    if (!was_resolved) rebalance_around(neighbour);
  }
  forget_if_unused(neighbour);
}

void NextHops::publish_neighbour(Neighbour& neighbour) {
  const PortState& state = state_of(neighbour.port);
  Adjacency adjacency;
  adjacency.kind = neighbour.resolved() ? AdjacencyKind::kRewrite : AdjacencyKind::kUnresolved;
  if (!state.up) adjacency.kind = AdjacencyKind::kUnreachable;
  if (neighbour.resolved()) adjacency.destination = neighbour.mac();
  adjacency.source = state.port.mac;
  adjacency.port = neighbour.port;
  adjacency.mtu = state.port.mtu;
  adjacency.vrf_id = state.port.vrf_id;
  adjacency.ip6 = neighbour.address.ip6;
  adjacency.tunnel = state.port.tunnel;
  adjacency.next_hop = neighbour.address.bytes;
  adjacency.use = &neighbour.use;
  table_.publish(neighbour.number, adjacency);
}

void NextHops::publish_glean(const PortState& state) {
  Adjacency adjacency;
  adjacency.kind = state.up ? AdjacencyKind::kGlean : AdjacencyKind::kUnreachable;
  adjacency.port = state.port.index;
  adjacency.vrf_id = state.port.vrf_id;
  adjacency.mtu = state.port.mtu;
  table_.publish(state.glean, adjacency);
}

}  // namespace millrace
