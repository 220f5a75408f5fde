#include "engine/bridges.hpp"

#include <stdexcept>
#include <string>

namespace millrace {

namespace {

std::string name_of(const FdbChange& change) {
  return to_text(change.mac) + " in VLAN " + std::to_string(change.vlan);
}

bool is_same(const FdbChange& a, const FdbChange& b) {
  return a.mac == b.mac && a.vlan == b.vlan;
}

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

void Bridges::check(std::uint32_t id, const Bridge& bridge, std::span<const FdbChange> changes,
                    std::size_t index) const {
  const FdbChange& change = changes[index];
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument(name_of(change) + ": " + why);
  };
  for (std::size_t i = 0; i < index; ++i)
    if (is_same(changes[i], change)) refuse("named twice");
  if ((change.mac.bytes[0] & 1) != 0) refuse("a group address is behind no port");
  const auto known = bridge.fdb.find(change.vlan, change.mac);
  const bool has_static = known && known->is_static;
  if (change.op == ChangeOp::kDelete) {
    if (!has_static) refuse("there is no static entry");
    return;
  }
  if (change.op == ChangeOp::kAdd && has_static) refuse("there is a static entry already");
  if (ports_.config(change.port) == nullptr || ports_.network_of(change.port) != id)
    refuse("port " + std::to_string(change.port) + " is not in the network");
}

void Bridges::apply_fdb(std::uint32_t id, std::span<const FdbChange> changes) {
  Bridge& bridge = require(id);
  for (std::size_t i = 0; i < changes.size(); ++i) check(id, bridge, changes, i);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const FdbChange& change = changes[i];
    if (change.op == ChangeOp::kDelete) {
      bridge.fdb.remove_static(change.vlan, change.mac);
    } else if (!bridge.fdb.add_static(change.vlan, change.mac, change.port, false)) {
      // No room beside other static entries: what was added so far goes again.
      for (std::size_t j = 0; j < i; ++j)
        if (changes[j].op == ChangeOp::kAdd)
          bridge.fdb.remove_static(changes[j].vlan, changes[j].mac);
      throw std::invalid_argument(name_of(change) + ": the FDB is full, raise fdb.size");
    }
  }
}

std::vector<FdbInfo> Bridges::list_fdb(std::uint32_t id, std::uint64_t now_ns) const {
  std::vector<FdbInfo> entries;
  require(id).fdb.walk(fdb_seconds(now_ns),
                       [&](const Fdb::Entry& entry) { entries.push_back(entry); });
  return entries;
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

void Bridges::age(std::uint64_t now_ns) {
  for (const auto& [id, bridge] : bridges_) bridge->age(now_ns);
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
