#pragma once
// The ethtool family of generic netlink (Documentation/networking/ethtool-netlink.rst), of which
// the mirror follows one notification: the number of queues of a link has changed.
#include <linux/netlink.h>

#include <cstdint>
#include <optional>

#include "link/mirror_socket.hpp"

namespace millrace {

class MirrorEthtool {
 public:
  // In the namespace of the calling thread. Without such a family (Linux before 5.6) it stays
  // silent. Throws std::system_error.
  MirrorEthtool();
  MirrorSocket& socket() { return socket_; }
  // The link whose channels this message is about.
  std::optional<std::int32_t> changed_channels(const nlmsghdr* message) const;

 private:
  void find_family();

  MirrorSocket socket_;
  std::uint16_t family_ = 0;
  std::uint32_t group_ = 0;
};

}  // namespace millrace
