#pragma once
// What a worker tells the control side without waiting for it.
#include <cstdint>

#include "base/bytes.hpp"

namespace millrace {

struct GraphEvent {
  enum class Kind : std::uint8_t {
    kResolve,   // address behind port is wanted: ask the kernel to probe
    kMacMoved,  // mac, known at other_port, now sends from port
    kMacLimit,  // port has as many MACs as it may; mac was not learned
  };
  Kind kind = Kind::kResolve;
  bool ip6 = false;
  std::uint16_t port = 0;
  std::uint16_t other_port = 0;
  std::uint16_t vlan = 0;
  std::uint32_t network = 0;
  Mac mac;
  Ip6 address{};  // an IPv4 address is in the first four bytes
};

}  // namespace millrace
