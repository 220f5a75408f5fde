#pragma once
// Device features through the ethtool ioctl (include/uapi/linux/ethtool.h).
#include <string>

namespace millrace {

// "veth", "igbvf" …; "" when the device does not say.
std::string driver_of(const std::string& ifname);

// TSO is on. False for a device that has gone.
bool has_segmentation(int ifindex);

// TSO, GSO and UDP segmentation off: the device must not be handed frames longer than its MTU.
void disable_segmentation(const std::string& netns, const std::string& ifname);

// A veth whose peer has GRO on takes redirected frames for it.
void enable_gro(const std::string& netns, const std::string& ifname);

// VLAN tags stay in the frame instead of beside it, where AF_XDP could not see them.
void disable_vlan_offload(const std::string& netns, const std::string& ifname);

}  // namespace millrace
