#pragma once
// The XDP program, loaded once per dataplane and attached to each port by a BPF link: closing the
// link (or dying) detaches it.
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "engine/flow_lane.hpp"
#include "engine/routing_prefix.hpp"
#include "engine/tc_program.hpp"
#include "engine/unique_fd.hpp"

struct redirect;

namespace millrace {

enum class XdpMode : std::uint8_t { kNative, kGeneric };

// What the program takes from a device; see bpf/redirect.h.
enum class Capture : std::uint8_t { kAll, kShared, kDedicated };

class XdpProgram {
 public:
  // with_lane: whether there is a flow lane, with its memory and its watch of tracepoints. Throws
  // std::system_error (needs CAP_BPF and CAP_NET_ADMIN). A kernel that refuses the flow lane goes
  // without.
  explicit XdpProgram(bool with_lane);
  ~XdpProgram();
  XdpProgram(const XdpProgram&) = delete;
  XdpProgram& operator=(const XdpProgram&) = delete;

  struct Attach {
    int ifindex;
    std::uint16_t slot;  // the port's index
    XdpMode mode;
    Capture capture;
    bool multi_buffer;
    bool lane;  // flows from here may take the flow lane
    Mac mac;    // the port's own
  };
  // Takes frames from the device from now on; what has no socket is dropped, on a shared or
  // dedicated uplink left to the kernel. Throws std::system_error; EBUSY when another program is
  // attached already.
  UniqueFd attach(const Attach& request);
  // The same for a device with backend tc; its companion's far end is what attach() is for. near:
  // the other end. Throws std::system_error.
  TcProgram::Links attach_tc(const Attach& device, int near, bool uplink);
  void detach_tc(TcProgram::Links links, int ifindex, int near);
  // veth runs the program only on the queues it had when the program came (veth_enable_xdp() in
  // drivers/net/veth.c), and gives what arrives on newer ones to the kernel. Makes it run on all,
  // without a moment in which it runs on none.
  void reach_new_queues(const UniqueFd& link, bool multi_buffer);
  // After the link is closed: forgets the device, its sockets and prefixes.
  void forget(int ifindex, std::uint16_t slot);

  void set_socket(std::uint16_t slot, std::uint32_t queue, int socket);
  void clear_socket(std::uint16_t slot, std::uint32_t queue);
  // VTEPs whose packets a shared or dedicated uplink takes, at most MILLRACE_MAX_VTEPS.
  struct VtepAddress {
    std::optional<IpAddress> address4;
    std::optional<IpAddress> address6;
    std::uint16_t udp_port;
  };
  void set_vteps(int ifindex, std::span<const VtepAddress> vteps);
  // Replaces the prefixes of a port: ours, and the addresses of the node itself.
  struct Prefixes {
    std::vector<Prefix> ours;
    std::vector<Prefix> node;
  };
  void set_prefixes(std::uint16_t slot, const Prefixes& wanted);

  FlowLane& flow_lane() { return *flow_lane_; }

 private:
  // Returns 0, or the error.
  int load(bool with_lane);
  TcProgram& tc();
  void write_prefix(std::uint16_t slot, const Prefix& prefix, std::uint8_t value);

  std::unique_ptr<redirect, void (*)(redirect*)> skeleton_;
  std::unique_ptr<TcProgram> tc_;  // as soon as a port needs it
  std::unique_ptr<FlowLane> flow_lane_;
  std::mutex mutex_;  // prefixes_, tc_
  std::map<std::uint16_t, std::map<Prefix, std::uint8_t>> prefixes_;
};

}  // namespace millrace
