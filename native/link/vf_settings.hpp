#pragma once
// How a PF has set up its VFs (IFLA_VFINFO_LIST), and what these have moved.
#include <linux/netlink.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace millrace {

enum class VfLinkState : std::uint32_t { kAuto, kEnable, kDisable };  // IFLA_VF_LINK_STATE_*
inline constexpr std::array kVfLinkStateNames = {"auto", "enable", "disable"};

struct VfSettings {
  std::uint32_t index = 0;
  Mac mac;  // all zero when the PF has set none
  std::uint32_t vlan = 0;
  std::uint32_t vlan_qos = 0;
  bool service_vlan = false;  // 802.1ad rather than 802.1q
  // Nothing where the driver does not tell.
  std::optional<bool> spoofchk, trust;
  std::optional<VfLinkState> link_state;
  std::uint32_t min_tx_rate = 0;  // Mbit/s, 0: no limit
  std::uint32_t max_tx_rate = 0;
};

// Since the VF was made, or its driver or PF reset.
struct VfStatistics {
  std::uint32_t index = 0;
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_bytes = 0, tx_bytes = 0;
  std::uint64_t broadcast = 0, multicast = 0, rx_dropped = 0, tx_dropped = 0;
};

// Of all VFs of a PF of our namespace, by index; none when it has none. Throw std::system_error:
// ENODEV.
std::vector<VfSettings> list_vf_settings(const std::string& pf);
std::vector<VfStatistics> list_vf_statistics(const std::string& pf);

// From one RTM_NEWLINK.
std::vector<VfSettings> parse_vf_settings(const nlmsghdr* message);
std::vector<VfStatistics> parse_vf_statistics(const nlmsghdr* message);

}  // namespace millrace
