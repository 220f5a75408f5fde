#include "tables/bridge.hpp"

#include <random>
#include <utility>

namespace millrace {

namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// VLANs 0 and 4095 are reserved (IEEE 802.1Q table 9-2); 0 stands for the domain without VLANs.
std::vector<std::uint16_t> vlans_of(const PortConfig& config) {
  if (config.tagged == nullptr) return {config.pvid};
  std::vector<std::uint16_t> vlans;
  for (std::uint16_t vlan = 1; vlan < Bridge::kVlans - 1; ++vlan)
    if (vlan == config.pvid || config.tagged->test(vlan)) vlans.push_back(vlan);
  return vlans;
}

}  // namespace

Bridge::Bridge(const BridgeOptions& options)
    : id(options.id),
      fdb(options.fdb_capacity, options.fdb_seed != 0 ? options.fdb_seed : random_seed()),
      current_(std::make_unique<const Members>()),
      members_(current_.get()) {}

Bridge::~Bridge() = default;

void Bridge::add_port(const BridgePort& port) {
  const PortConfig& config = port.config;
  if (vlans_.contains(config.index)) fdb.flush(config.index);
  const std::vector<std::uint16_t>& vlans = vlans_[config.index] = vlans_of(config);
  fdb.set_limit(config.index, port.mac_limit);
  if (config.spoof_check && vlans.size() <= kPinnedVlans)
    for (const std::uint16_t vlan : vlans)
      fdb.add_static(vlan, config.peer_mac, config.index, true);
  publish();
}

void Bridge::remove_port(std::uint16_t index) {
  if (vlans_.erase(index) == 0) return;
  publish();
  fdb.flush(index);
}

void Bridge::publish() {
  auto next = std::make_unique<Members>();
  for (const auto& [port, vlans] : vlans_)
    for (const std::uint16_t vlan : vlans) ++next->begin[vlan + 1u];
  for (std::uint32_t vlan = 0; vlan < kVlans; ++vlan) next->begin[vlan + 1] += next->begin[vlan];
  next->ports.resize(next->begin[kVlans]);
  auto end = next->begin;
  for (const auto& [port, vlans] : vlans_)
    for (const std::uint16_t vlan : vlans) next->ports[end[vlan]++] = port;
  members_.store(next.get(), std::memory_order_release);
  old_.push_back(std::exchange(current_, std::move(next)));
}

std::uint32_t Bridge::age(std::uint64_t now_ns) {
  return fdb.age(fdb_seconds(now_ns), ageing_seconds);
}

void Bridge::reclaim() {
  old_.clear();
  hosts.reclaim();
}

}  // namespace millrace
