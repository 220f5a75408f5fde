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

// The veth pair that frames take between the ring loop and a device with backend tc.
struct Companion {
  std::string near;  // frames are redirected there, and from there
  std::string far;   // the ring loop's
};

// How a network wants its ports to transmit. kAuto: live frames toward a veth whose other end frees
// them at once, the TX ring otherwise. kLiveFrames: wherever the device takes them.
enum class TransmitWish : std::uint8_t { kAuto, kAfXdp, kLiveFrames };

struct PortRequest {
  std::string ifname;
  std::optional<Companion> companion;  // backend tc
  std::optional<PortMode> forced;      // none: probe
  Capture capture = Capture::kAll;
  TransmitWish transmit = TransmitWish::kAuto;
  std::uint32_t queues = 1;  // to bind; fewer when the device has fewer
  XskPort::Tuning tuning{};
  bool has_peer = false;
  std::string peer_netns;
  std::string peer_ifname;

  // What sockets are bound to.
  const std::string& bound() const { return companion ? companion->far : ifname; }
};

struct BuiltPort {
  std::vector<std::unique_ptr<XskPort>> queues;
  UniqueFd link;
  TcProgram::Links tc;
  UniqueFd promiscuous;  // of an uplink whose network has hosts behind it with their own addresses
  int ifindex = 0;
  int bound = 0;       // the device with the sockets: the same, or the far end of the companion
  int near = 0;        // of the companion
  std::string driver;  // of the device with the sockets
  PortMode mode{};
  TxChecksum tx_checksum{};
  bool multi_buffer = false;
  std::vector<std::string> refused;  // "zero-copy: bind …: Operation not supported"
};

// Longest IP packet that fits a frame of the UMEM together with headroom, Ethernet header and a
// tag, and a buffer of a driver: veth refuses XDP in single buffers beyond 3506 bytes.
constexpr std::uint32_t max_single_buffer_mtu(std::uint32_t frame_size) {
  constexpr std::uint32_t kDriverLimit = 3506;
  const std::uint32_t in_frame = frame_size - 256 - 14 - 4;
  return in_frame < kDriverLimit ? in_frame : kDriverLimit;
}

class PortFactory {
 public:
  // A bound socket on the same UMEM with the same copy and multi-buffer mode, or -1.
  using FindSharer = std::function<int(bool zero_copy, bool multi_buffer)>;
  using Frames = std::vector<std::vector<std::uint32_t>>;

  // frames: lent to the port already, a list for each queue; they end up in the FILL rings, or with
  // the caller's reclaim() when every mode failed. Throws std::system_error: the reason of the last
  // mode, with its name.
  BuiltPort build(const PortRequest& request, const PortConfig& config, Umem& umem,
                  std::uint32_t ring_size, const Frames& frames, const FindSharer& find_sharer);

  // A further queue for a built port.
  std::unique_ptr<XskPort> add_queue(const PortRequest& request, const PortConfig& config,
                                     Umem& umem, std::uint32_t ring_size, const BuiltPort& built,
                                     std::uint32_t queue, const std::vector<std::uint32_t>& frames);

  // No frame arrives any more. Before the sockets close.
  void detach(BuiltPort& built, std::uint16_t slot);

  // with_lane: see XdpProgram.
  explicit PortFactory(bool with_lane) : program_(with_lane) {}

  XdpProgram& program() { return program_; }
  // Sockets must not close between being found and being shared.
  std::mutex& bind_mutex() { return bind_mutex_; }

 private:
  struct Attempt;
  void try_mode(Attempt& attempt, PortMode mode);
  void attach(Attempt& attempt, XdpMode mode);
  void take_frames(Attempt& attempt, XdpMode mode);
  void open_sockets(Attempt& attempt, PortMode mode);
  void prove(Attempt& attempt, bool metadata);
  std::unique_ptr<XskSocket> open_socket(const Attempt& attempt, PortMode mode, std::uint32_t queue,
                                         int shared_with);
  bool refused_before(PortMode mode, const std::string& driver);
  void remember_refusal(PortMode mode, const std::string& driver, int error);

  XdpProgram program_;
  std::mutex bind_mutex_;
  std::atomic<bool> tx_metadata_{true};
  std::mutex memory_mutex_;
  std::set<std::string> drivers_without_zero_copy_;
};

}  // namespace millrace
