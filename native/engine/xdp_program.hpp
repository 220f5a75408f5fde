#pragma once
// The XDP program, loaded once per dataplane and attached to each port by a BPF link: closing the
// link (or dying) detaches it.
#include <cstdint>
#include <memory>

#include "engine/unique_fd.hpp"

struct redirect;

namespace millrace {

enum class XdpMode : std::uint8_t { kNative, kGeneric };

class XdpProgram {
 public:
  // Throws std::system_error (needs CAP_BPF and CAP_NET_ADMIN).
  XdpProgram();
  ~XdpProgram();
  XdpProgram(const XdpProgram&) = delete;
  XdpProgram& operator=(const XdpProgram&) = delete;

  // Steers queue 0 of the device to the socket; frames without a socket are dropped. slot: the
  // port's index. Throws std::system_error; EBUSY when another program is attached already.
  UniqueFd attach(int ifindex, std::uint16_t slot, int socket, XdpMode mode);
  // After the link is closed: forgets the device.
  void forget(int ifindex, std::uint16_t slot);

 private:
  std::unique_ptr<redirect, void (*)(redirect*)> skeleton_;
};

}  // namespace millrace
