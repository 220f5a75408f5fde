#pragma once
// A kernel VXLAN device in a bridge, as routing daemons for EVPN want it.
#include <cstdint>
#include <optional>
#include <string>

namespace millrace {

struct VxlanDevice {
  int ifindex = 0;
  std::uint32_t vni = 0;
  std::uint32_t udp_port = 0;
  std::string local;      // address of the VTEP; "" when it has none
  bool external = false;  // one device for many VNIs
  std::string bridge;     // "" when it is no port of a bridge
  int bridge_ifindex = 0;
  std::string bridge_mac;
  std::uint32_t table = 0;  // of the bridge's VRF, or main
};

// Empty when there is no such device; std::system_error EINVAL for one of another kind.
std::optional<VxlanDevice> describe_vxlan(const std::string& ifname);

}  // namespace millrace
