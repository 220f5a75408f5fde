#pragma once
#include <cstdint>
#include <optional>
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

// The netdevs of our namespace that take redirected XDP frames ("ndo-xmit"). The kernel is asked
// once, when the first answer is wanted; that is every second and when a device has changed, so it
// leaves out everything that is slow with a thousand devices.
class XdpTakers {
 public:
  // Throws std::system_error.
  bool contains(int ifindex);

 private:
  std::optional<std::set<int>> indices_;
};

// What each netdev of our namespace says it can do: generic netlink family "netdev".
std::vector<XdpFeatures> list_xdp_features();

}  // namespace millrace
