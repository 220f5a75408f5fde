#pragma once
// The family "netdev" of generic netlink (Linux 6.3, Documentation/netlink/specs/netdev.yaml), of
// which Debian 12's headers know nothing.
#include <cstdint>

namespace millrace::netdev_uapi {

inline constexpr char kFamily[] = "netdev";
inline constexpr char kGroup[] = "mgmt";
inline constexpr std::uint8_t kDevGet = 1, kDevChanged = 4;
inline constexpr int kAttrIfindex = 1, kAttrXdpFeatures = 3;

}  // namespace millrace::netdev_uapi
