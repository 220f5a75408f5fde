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

// frames: of each socket, lent to its FILL ring for good. The frame from the other end may arrive
// on any queue; the one to it leaves by the first. Throws std::system_error saying what did not
// arrive.
void run_self_test(const std::vector<XskSocket*>& sockets, const Umem& umem,
                   std::vector<std::vector<std::uint32_t>> frames, const SelfTest& test);
// The part without another end: lends the frames, and the TX wake-up works.
void fill_sockets(const std::vector<XskSocket*>& sockets, const Umem& umem,
                  const std::vector<std::vector<std::uint32_t>>& frames);

// The part that needs no other end: the TX wake-up works. Used for uplinks.
void run_kick_test(XskSocket& socket);

}  // namespace millrace
