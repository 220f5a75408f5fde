#pragma once
// The pod end of an attachment: addresses and routes inside the pod's namespace.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct PodRoute {
  std::string dst;      // CIDR
  std::string gateway;  // "" when on-link
};

struct PodRequest {
  std::string netns, ifname;
  std::vector<std::string> addresses;  // CIDR
  std::vector<std::string> gateways;   // reached on-link
  std::vector<PodRoute> routes;
};

// Brings the link up, adds addresses (no duplicate address detection: the IPAM is the only giver),
// then gateways, then routes. Throws std::system_error.
void configure_pod(const PodRequest& request);

struct PodInfo {
  int ifindex;
  std::string mac;
  std::uint32_t mtu;
  bool up;
  std::vector<std::string> addresses;
  std::vector<PodRoute> routes;
};

// Nothing when the namespace or the link is gone.
std::optional<PodInfo> describe_pod(const std::string& netns, const std::string& ifname);

}  // namespace millrace
