#pragma once
// The programs of ports with backend tc: at tcx ingress of the host end (or uplink), where known
// flows are forwarded as super-frames, and of the near end of its companion, where what the ring
// loop sends comes out. Closing the links (or dying) detaches them.
#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "engine/unique_fd.hpp"

struct redirect;
struct tc_port;

namespace millrace {

class TcProgram {
 public:
  // Shares the tables of the XDP program. Throws std::system_error (needs Linux 6.6).
  explicit TcProgram(const redirect& xdp);
  ~TcProgram();
  TcProgram(const TcProgram&) = delete;
  TcProgram& operator=(const TcProgram&) = delete;

  struct Attach {
    std::uint16_t slot;
    int ifindex;         // of the host end or uplink
    int near;            // of the near end of its companion
    bool uplink;         // its kernel keeps what is not ours
    std::uint16_t take;  // MILLRACE_TAKE_…
  };
  struct Links {
    UniqueFd device;
    UniqueFd near;
  };
  // Throws std::system_error; nothing stays attached then.
  Links attach(const Attach& request);
  // After the links are closed.
  void forget(int ifindex, int near);

  // Flows may leave by the device. pod: the address behind it, whose frames skip the device; zero
  // when none may.
  void set_device(std::uint16_t slot, int ifindex, const Mac& pod);
  void clear_device(std::uint16_t slot);

 private:
  UniqueFd link(int program, int ifindex);

  std::unique_ptr<tc_port, void (*)(tc_port*)> skeleton_;
};

}  // namespace millrace
