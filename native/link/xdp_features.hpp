#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

struct XdpFeatures {
  int ifindex;
  std::string name;
  std::vector<std::string> features;  // names of Documentation/netlink/specs/netdev.yaml
  bool known;                         // false when the kernel is older than 6.3
};

// What each netdev of our namespace says it can do: generic netlink family "netdev".
std::vector<XdpFeatures> list_xdp_features();

}  // namespace millrace
