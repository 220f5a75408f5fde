#include "engine/bridges.hpp"

#include <stdexcept>
#include <string>

namespace millrace {

namespace {

// An IPv4 address in the form that the table keeps both families in.
Ip6 key_of(const IpAddress& address) {
  return address.ip6 ? address.bytes : HostTable::mapped(load_be32(address.data()));
}

}  // namespace

Bridge& Bridges::add(std::uint32_t id, const BridgeRequest& request) {
  BridgeOptions options;
  options.id = id;
  options.fdb_capacity = request.fdb_size;
  auto bridge = std::make_unique<Bridge>(options);
  bridge->flood_per_second = request.flood_per_second;
  bridge->floods_unknown = request.floods_unknown;
  bridge->floods_multicast = request.floods_multicast;
  bridge->suppresses = request.suppresses;
  bridge->ageing_seconds = request.ageing_seconds;
  return *(bridges_[id] = std::move(bridge));
}

Bridge& Bridges::require(std::uint32_t id) const {
  const auto found = bridges_.find(id);
  if (found == bridges_.end())
    throw std::invalid_argument("network " + std::to_string(id) + " is not bridged");
  return *found->second;
}

void Bridges::apply_hosts(std::uint32_t id, std::span<const HostChange> changes) {
  Bridge& bridge = require(id);
  for (const HostChange& change : changes) {
    if (change.op == ChangeOp::kDelete)
      bridge.hosts.erase(change.vlan, key_of(change.address));
    else
      bridge.hosts.set(change.vlan, key_of(change.address), {change.mac, false});
  }
  bridge.hosts.publish();
}

std::uint32_t Bridges::age(std::uint64_t now_ns) {
  std::uint32_t forgotten = 0;
  for (const auto& [id, bridge] : bridges_) forgotten += bridge->age(now_ns);
  return forgotten;
}

bool Bridges::has_retired() const {
  for (const auto& [id, bridge] : bridges_)
    if (bridge->has_retired()) return true;
  return false;
}

void Bridges::reclaim() {
  for (const auto& [id, bridge] : bridges_) bridge->reclaim();
}

}  // namespace millrace
