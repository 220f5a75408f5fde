#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace millrace {

struct XdpFeatures {
  int ifindex;
  std::string name;
  std::vector<std::string> features;  // names of Documentation/netlink/specs/netdev.yaml
  bool known;                         // false when the kernel is older than 6.3
};

// Indices of the netdevs of our namespace that take redirected XDP frames ("ndo-xmit"). Asked
// every second: it leaves out everything that is slow with a thousand devices.
std::set<int> list_xdp_takers();

// What each netdev of our namespace says it can do: generic netlink family "netdev".
std::vector<XdpFeatures> list_xdp_features();

}  // namespace millrace
