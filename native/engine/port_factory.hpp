#pragma once
// From an interface name to a port that is proven to move frames: bind, attach XDP, self-test, mode
// by mode from the fastest to the slowest, until one works.
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/xdp_program.hpp"
#include "engine/xsk_port.hpp"

namespace millrace {

enum class PortMode : std::uint8_t { kZeroCopy, kCopy, kGeneric };
const char* name_of(PortMode mode);

struct PortRequest {
  std::string ifname;
  std::optional<PortMode> forced;  // none: probe
  XskPort::Tuning tuning{};
  bool has_peer = false;
  std::string peer_netns;
  std::string peer_ifname;
};

struct BuiltPort {
  std::unique_ptr<XskPort> port;
  UniqueFd link;
  int ifindex = 0;
  PortMode mode{};
  TxChecksum tx_checksum{};
  std::vector<std::string> refused;  // "zero-copy: bind …: Operation not supported"
};

class PortFactory {
 public:
  // A bound socket on the same UMEM with the same copy mode, or -1.
  using FindSharer = std::function<int(bool zero_copy)>;

  // frames: lent to the port already; they end up in its FILL ring, or with the caller's reclaim()
  // when every mode failed. Throws std::system_error: the reason of the last mode, with its name.
  BuiltPort build(const PortRequest& request, const PortConfig& config, Umem& umem, FramePool& pool,
                  std::uint32_t ring_size, const std::vector<std::uint32_t>& frames,
                  const FindSharer& find_sharer);

 private:
  struct Attempt;
  void try_mode(Attempt& attempt, PortMode mode);
  std::unique_ptr<XskSocket> open_socket(const Attempt& attempt, bool zero_copy);
  bool refused_before(PortMode mode, const std::string& driver);

  XdpProgram program_;
  std::mutex bind_mutex_;  // a sharer must not close between being found and being shared
  std::atomic<bool> tx_metadata_{true};
  std::mutex memory_mutex_;
  std::set<std::string> drivers_without_zero_copy_;

  friend class Dataplane;
};

}  // namespace millrace
