#pragma once
// The other end of a veth, wherever it is, asked for by its namespace's number here: nothing of
// ours enters that namespace or keeps it alive.
#include <cstdint>
#include <optional>

#include "link/netdev_socket.hpp"

namespace millrace {

struct VethPeer {
  bool xdp;  // it has an XDP program, in its driver
  std::uint32_t mtu;
};

// Nothing when there is no such device or it has no other end that we may see.
std::optional<VethPeer> find_veth_peer(NetdevSocket& socket, int ifindex);

}  // namespace millrace
