#include "engine/route_follower.hpp"

#include <algorithm>

namespace millrace {

namespace {

IpAddress address_from(bool ip6, const std::array<std::uint8_t, 16>& bytes) {
  return IpAddress::from(ip6, bytes.data());
}

}  // namespace

const RouteFollower::Uplink* RouteFollower::uplink_of(std::int32_t ifindex) const {
  const auto found = uplinks_.find(ifindex);
  return found == uplinks_.end() || !found->second.routed ? nullptr : &found->second;
}

void RouteFollower::register_port(std::int32_t ifindex, std::uint16_t port, std::uint32_t vrf) {
  add_port(ifindex, {.port = port, .vrf = vrf, .routed = true});
}

void RouteFollower::watch_port(std::int32_t ifindex, std::uint16_t port) {
  add_port(ifindex, {.port = port});
}

// Neighbours and routes of the interface have been passed over until now, so that they have to be
// reported again.
void RouteFollower::add_port(std::int32_t ifindex, const Uplink& uplink) {
  std::vector<std::uint32_t> tables;
  {
    const std::lock_guard lock(mutex_);
    uplinks_[ifindex] = uplink;
    if (!uplink.routed) return;
    for (const auto& [owner, address] : addresses_)
      if (owner == ifindex) own_address(uplink, address, true);
    tables = tables_locked();
  }
  callbacks_.resync(tables);
}

void RouteFollower::unregister_port(std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(uplinks_.begin(), uplinks_.end(),
                                  [&](const auto& item) { return item.second.port == port; });
  if (found == uplinks_.end()) return;
  const auto [ifindex, uplink] = *found;
  uplinks_.erase(found);
  if (!uplink.routed) return;
  for (const auto& [owner, address] : addresses_)
    if (owner == ifindex && !elsewhere(uplink.vrf, ifindex, address))
      own_address(uplink, address, false);
}

void RouteFollower::set_mirror(std::uint32_t vrf, std::uint32_t table) {
  std::vector<std::uint32_t> tables;
  {
    const std::lock_guard lock(mutex_);
    if (table == 0)
      mirrors_.erase(vrf);
    else
      mirrors_[vrf] = table;
    if (table == 0) routing_.drop_kernel_routes(vrf);
    tables = tables_locked();
  }
  callbacks_.resync(tables);
}

std::vector<std::uint32_t> RouteFollower::tables_locked() const {
  std::set<std::uint32_t> tables;
  for (const auto& [vrf, table] : mirrors_) tables.insert(table);
  return {tables.begin(), tables.end()};
}

std::vector<std::uint32_t> RouteFollower::tables() const {
  const std::lock_guard lock(mutex_);
  return tables_locked();
}

void RouteFollower::probe(std::uint16_t port, const IpAddress& address) {
  std::int32_t ifindex = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [index, uplink] : uplinks_)
      if (uplink.port == port && uplink.routed) ifindex = index;
  }
  if (ifindex != 0) callbacks_.probe(ifindex, address);
}

// Entries for groups (NUD_NOARP, such as 33:33:…) are no neighbours.
void RouteFollower::on_neighbour(const KernelNeighbour& neighbour, bool removed) {
  const std::lock_guard lock(mutex_);
  const Uplink* uplink = uplink_of(neighbour.ifindex);
  const IpAddress address = address_from(neighbour.ip6, neighbour.address);
  if (uplink == nullptr || address.is_multicast() || address.is_unspecified()) return;
  if (removed || !neighbour.usable() || (neighbour.mac.bytes[0] & 1) != 0)
    return routing_.remove_neighbour(uplink->port, address);
  routing_.set_neighbour(uplink->port, address, neighbour.mac);
}

void RouteFollower::on_link(const KernelLink& link, bool removed) {
  Uplink uplink;
  bool changed = removed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = uplinks_.find(link.ifindex);
    if (found == uplinks_.end()) return;
    const bool up = !removed && link.up;
    changed |= found->second.up != up;
    found->second.up = up;
    uplink = found->second;
    if (changed && uplink.routed) routing_.set_port_up(uplink.port, up);
  }
  if (!changed) return;
  const LinkChange change = uplink.up ? LinkChange::kUp : LinkChange::kDown;
  callbacks_.link(uplink.port, link.ifindex, removed ? LinkChange::kGone : change);
}

void RouteFollower::on_channels_changed(std::int32_t ifindex) {
  std::vector<std::pair<std::int32_t, std::uint16_t>> concerned;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [index, uplink] : uplinks_)
      if (ifindex == 0 || ifindex == index) concerned.emplace_back(index, uplink.port);
  }
  for (const auto& [index, port] : concerned) callbacks_.link(port, index, LinkChange::kQueues);
}

void RouteFollower::on_features_changed(std::int32_t ifindex) {
  {
    const std::lock_guard lock(mutex_);
    if (ifindex != 0 && !uplinks_.contains(ifindex)) return;
  }
  callbacks_.features(ifindex);
}

// A tentative address is not ours yet (RFC 4862 5.4).
void RouteFollower::on_address(const KernelAddress& told, bool removed) {
  const std::lock_guard lock(mutex_);
  const IpAddress address = address_from(told.ip6, told.address);
  const std::pair key{told.ifindex, address};
  const bool there = !removed && !told.tentative;
  if (!(there ? addresses_.insert(key).second : addresses_.erase(key) > 0)) return;
  addresses_changed_ = true;
  const Uplink* uplink = uplink_of(told.ifindex);
  if (uplink == nullptr || (!there && elsewhere(uplink->vrf, told.ifindex, address))) return;
  own_address(*uplink, address, there);
}

// Link-local addresses are never looked up: they mean another host on each link.
void RouteFollower::own_address(const Uplink& uplink, const IpAddress& address, bool there) {
  if (address.is_link_local()) return;
  if (there)
    routing_.set_local(uplink.vrf, address);
  else
    routing_.remove_local(uplink.vrf, address);
}

// Another uplink of the VRF has the same address.
bool RouteFollower::elsewhere(std::uint32_t vrf, std::int32_t ifindex,
                              const IpAddress& address) const {
  return std::any_of(uplinks_.begin(), uplinks_.end(), [&](const auto& item) {
    return item.first != ifindex && item.second.routed && item.second.vrf == vrf &&
           addresses_.contains({item.first, address});
  });
}

void RouteFollower::tell_host_addresses() {
  std::set<IpAddress> all;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(addresses_changed_, false)) return;
    for (const auto& [ifindex, address] : addresses_) all.insert(address);
  }
  callbacks_.host_addresses(all);
}

void RouteFollower::on_resync_begin() {
  const std::lock_guard lock(mutex_);
  skipped_.fill(0);
  routing_.begin_resync();
}

void RouteFollower::on_resync_end() {
  routing_.end_resync();
  tell_host_addresses();
}

void RouteFollower::on_batch_end() {
  routing_.publish();
  tell_host_addresses();
}

}  // namespace millrace
