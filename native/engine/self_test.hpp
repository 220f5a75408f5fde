#pragma once
// Proof that a bound port moves frames, before it carries anybody's traffic: one frame of the local
// experimental ethertype goes from the pod end to the socket and one the other way, the second with
// a checksum request when TX metadata is in use.
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "engine/umem.hpp"
#include "engine/xsk_socket.hpp"

namespace millrace {

struct SelfTest {
  std::string netns;   // where the other end is; "" for our own namespace
  std::string ifname;  // the other end
  Mac port_mac;
  Mac peer_mac;
  bool tx_metadata;
};

// Lends frames to the FILL ring for good. Throws std::system_error saying what did not arrive.
void run_self_test(XskSocket& socket, const Umem& umem, std::vector<std::uint32_t> frames,
                   const SelfTest& test);

// The part that needs no other end: the TX wake-up works. Used for uplinks.
void run_kick_test(XskSocket& socket);

}  // namespace millrace
