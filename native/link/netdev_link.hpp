#pragma once
// A link as rtnetlink tells of it, and its names.
#include <optional>
#include <string>

#include "link/netdev.hpp"
#include "link/netdev_socket.hpp"

namespace millrace {

struct NetdevLink {
  NetdevInfo info;                 // without what only the driver tells
  std::string kind;                // "veth" …; "" for devices
  std::string parent_bus, parent;  // of the device behind it: "pci", "0000:01:10.0" (Linux 5.14)
  std::string port_name;           // at the switch of its NIC: "p0", or "pf0vf3" for a VF
};

// Nothing when the message is not about a link that is there.
std::optional<NetdevLink> parse_netdev(const nlmsghdr* message);

// Throws std::system_error: ENODEV.
NetdevLink get_netdev(NetdevSocket& socket, int ifindex);
// By its name or an alternative one.
std::optional<NetdevLink> get_netdev_named(NetdevSocket& socket, const std::string& name);

// ip link property. Throw std::system_error: EEXIST, ENOENT.
void add_alternative_name(NetdevSocket& socket, int ifindex, const std::string& name);
void remove_alternative_name(NetdevSocket& socket, int ifindex, const std::string& name);

}  // namespace millrace
