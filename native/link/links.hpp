#pragma once
// rtnetlink (rtnetlink(7)) through libnl-route: the links of our own namespace.
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

struct VethRequest {
  std::string host_name, host_mac, pod_name, pod_mac, netns, alias;
  std::uint32_t mtu;
  std::uint32_t queues = 1;  // receive and transmit queues of either end
};

struct VethPair {
  int host_ifindex;
  int pod_ifindex;
};

// Both ends have as many queues each way: XDP on the host end needs at least as many receive queues
// as the peer has transmit queues. The host end is up, has no IPv6 link-local address and carries
// the alias. Throws std::system_error (EEXIST: a name is taken); nothing is left behind.
VethPair create_veth(const VethRequest& request);

// False when there is no such link or its alias is another one: then it is not ours to remove.
bool delete_link(const std::string& name, const std::string& alias);

struct LinkInfo {
  int ifindex;
  std::string name, alias, mac, kind;
  std::uint32_t mtu;
  bool up;
  std::uint32_t xdp_program;
  std::uint32_t vrf_table;  // of a VRF device, else 0
};
std::vector<LinkInfo> list_links();

}  // namespace millrace
