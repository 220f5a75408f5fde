#include "link/offloads.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "engine/errors.hpp"
#include "link/netns.hpp"

namespace millrace {

namespace {

void ethtool(const std::string& ifname, void* command, const char* what) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  ifname.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(command);
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0)
    throw_errno("interface " + ifname + ": " + what);
}

void set_value(const std::string& ifname, std::uint32_t command, const char* what) {
  ethtool_value value{command, 0};
  ethtool(ifname, &value, what);
}

}  // namespace

std::string driver_of(const std::string& ifname) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  try {
    ethtool(ifname, &info, "read the driver name");
  } catch (const std::system_error&) {
    return "";
  }
  return info.driver;
}

void disable_segmentation(const std::string& netns, const std::string& ifname) {
  in_netns(netns, [&] {
    set_value(ifname, ETHTOOL_STSO, "switch TSO off");
    set_value(ifname, ETHTOOL_SGSO, "switch GSO off");
  });
}

void disable_vlan_offload(const std::string& netns, const std::string& ifname) {
  in_netns(netns, [&] {
    ethtool_value flags{ETHTOOL_GFLAGS, 0};
    ethtool(ifname, &flags, "read the device flags");
    flags.cmd = ETHTOOL_SFLAGS;
    flags.data &= ~static_cast<std::uint32_t>(ETH_FLAG_TXVLAN);
    ethtool(ifname, &flags, "switch VLAN transmit offload off");
  });
}

}  // namespace millrace
