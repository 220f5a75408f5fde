#pragma once
// Routes of the kernel through one device by way of a gateway: behind a bridge that routes for a
// VNI, the gateway is another VTEP.
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

struct GatewayRoute {
  std::string prefix;  // CIDR
  std::vector<std::string> gateways;
};

// Of that table. Throws std::system_error: ENODEV, and EAGAIN when they change too fast to be read.
std::vector<GatewayRoute> list_gateway_routes(const std::string& ifname, std::uint32_t table);

}  // namespace millrace
