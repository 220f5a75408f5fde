#pragma once
// The knobs of a VF that its PF turns.
#include <cstdint>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "link/netdev_message.hpp"
#include "link/vf_settings.hpp"

namespace millrace {

struct VfMac {
  Mac mac;
};
struct VfVlan {
  std::uint32_t vlan;
  std::uint32_t qos;
  bool service;  // 802.1ad rather than 802.1q
};
struct VfSpoofCheck {
  bool on;
};
struct VfTrust {
  bool on;
};
struct VfRate {
  std::uint32_t min_tx_rate;  // Mbit/s, 0: no limit
  std::uint32_t max_tx_rate;
};
using VfChange = std::variant<VfMac, VfVlan, VfSpoofCheck, VfTrust, VfLinkState, VfRate>;

// Throws std::system_error that names the PF, the VF, the knob and its value: what the driver
// refuses it with, EOPNOTSUPP where it has no such knob, ENODEV.
void set_vf(const std::string& pf, std::uint32_t index, const VfChange& change);

// The request for it. VLANs have two forms: only a list tells 802.1ad, and Linux before 4.9 knows
// no list.
enum class VlanForm { kList, kPlain };
NetdevMessage vf_request(int pf_ifindex, std::uint32_t index, const VfChange& change,
                         VlanForm form);

}  // namespace millrace
