#pragma once
// A bridged network: one bridge domain (IEEE 802.1Q, each VLAN learns by itself), shared by all
// workers. One control thread changes it while they forward.
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "engine/port.hpp"
#include "tables/fdb.hpp"
#include "tables/host_table.hpp"

namespace millrace {

struct BridgeOptions {
  std::uint32_t id = 0;
  std::uint32_t fdb_capacity = 8192;  // learned addresses
  std::uint64_t fdb_seed = 0;         // 0: a random one
};

// A port as the bridge has to know it beyond its PortConfig.
struct BridgePort {
  const PortConfig& config;
  std::uint32_t mac_limit = 0;  // learned addresses behind it; 0: as many as fit
};

struct Bridge {
  static constexpr std::uint32_t kVlans = 4096;

  explicit Bridge(const BridgeOptions& options = {});
  ~Bridge();
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  // Any thread: ports that are in the VLAN (0: the domain without VLANs), by number. Valid until
  // the caller's next quiescent state.
  std::span<const std::uint16_t> members(std::uint16_t vlan) const {
    const Members& now = *members_.load(std::memory_order_acquire);
    return {now.ports.data() + now.begin[vlan], now.ports.data() + now.begin[vlan + 1]};
  }

  // Control thread only from here on. A port with a pinned source gets static entries for it; of a
  // trunk with more than kPinnedVlans VLANs it is learned. Replaces a port of the same number.
  void add_port(const BridgePort& port);
  // Its addresses are forgotten. Precondition: no worker receives from it any more.
  void remove_port(std::uint16_t index);
  // Removes addresses not seen for ageing_seconds; returns how many. Call it about once a second.
  std::uint32_t age(std::uint64_t now_ns);
  // Frees what was replaced. Precondition: every worker has passed a quiescent state since.
  void reclaim();
  bool has_retired() const { return !old_.empty() || hosts.has_retired(); }

  const std::uint32_t id;
  Fdb fdb;
  HostTable hosts;

  // Written by the control thread, read by the workers for each frame that they flood.
  std::atomic<std::uint32_t> flood_per_second{10000};  // of each worker; 0: no limit
  std::atomic<bool> floods_unknown{true};
  std::atomic<bool> floods_multicast{true};
  std::atomic<bool> suppresses{true};  // ARP and neighbour solicitations for known hosts
  // The network's port toward other nodes; null when it is on this node alone.
  std::atomic<const PortConfig*> vxlan{nullptr};
  // Control thread only.
  std::uint32_t ageing_seconds = 300;

  static constexpr std::uint32_t kPinnedVlans = 64;

 private:
  // Members of VLAN v: ports[begin[v]] to ports[begin[v + 1] - 1].
  struct Members {
    std::array<std::uint32_t, kVlans + 1> begin{};
    std::vector<std::uint16_t> ports;
  };
  void publish();

  std::map<std::uint16_t, std::vector<std::uint16_t>> vlans_;  // of each port
  std::unique_ptr<const Members> current_;
  std::vector<std::unique_ptr<const Members>> old_;
  std::atomic<const Members*> members_;
};

// Seconds, as the FDB counts them.
inline std::uint32_t fdb_seconds(std::uint64_t now_ns) {
  return static_cast<std::uint32_t>(now_ns / 1'000'000'000);
}

}  // namespace millrace
