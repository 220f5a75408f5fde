#pragma once
// The bridged networks of a dataplane, by id. One thread at a time, under the dataplane's mutex.
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "engine/routing_types.hpp"
#include "tables/bridge.hpp"

namespace millrace {

struct BridgeRequest {
  std::uint32_t fdb_size = 8192;
  std::uint32_t ageing_seconds = 300;
  std::uint32_t flood_per_second = 10000;  // of each worker; 0: no limit
  bool floods_unknown = true;
  bool floods_multicast = true;
  bool suppresses = true;
};

// Who has an address; for ARP and ND suppression.
struct HostChange {
  ChangeOp op = ChangeOp::kAdd;
  IpAddress address;
  Mac mac;
  std::uint16_t vlan = 0;
};

class Bridges {
 public:
  Bridge& add(std::uint32_t id, const BridgeRequest& request);
  void remove(std::uint32_t id) { bridges_.erase(id); }
  // Throws std::invalid_argument when the network is none, or not bridged.
  Bridge& require(std::uint32_t id) const;

  void apply_hosts(std::uint32_t id, std::span<const HostChange> changes);

  // About once a second. Returns how many addresses were forgotten.
  std::uint32_t age(std::uint64_t now_ns);
  bool has_retired() const;
  // Precondition: every worker has passed a quiescent state.
  void reclaim();

 private:
  std::map<std::uint32_t, std::unique_ptr<Bridge>> bridges_;
};

}  // namespace millrace
