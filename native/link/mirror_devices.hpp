#pragma once
// What generic netlink tells of devices: how many queues a link uses, and what it offers and takes.
// Families ethtool (Documentation/networking/ethtool-netlink.rst) and, since Linux 6.3, netdev
// (Documentation/netlink/specs/netdev.yaml).
#include <linux/netlink.h>

#include <cstdint>
#include <optional>

#include "link/mirror_socket.hpp"

namespace millrace {

class MirrorDevices {
 public:
  // In the namespace of the calling thread. A family that the kernel lacks stays silent. Throws
  // std::system_error.
  MirrorDevices();
  MirrorSocket& socket() { return socket_; }

  enum class Subject : std::uint8_t { kChannels, kFeatures };
  struct Change {
    std::int32_t ifindex;
    Subject subject;
  };
  std::optional<Change> change_in(const nlmsghdr* message) const;

 private:
  struct Family {
    std::uint16_t id = 0;
    std::uint32_t group = 0;
  };
  Family find(const char* name, const char* group);

  MirrorSocket socket_;
  Family ethtool_;
  Family netdev_;
};

}  // namespace millrace
