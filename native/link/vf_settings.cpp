#include "link/vf_settings.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include <cstring>

#include "link/bridge_entries.hpp"
#include "link/mirror_attributes.hpp"
#include "link/netdev_socket.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kNotTold = UINT32_MAX;

using VfAttributes = MirrorAttributes<IFLA_VF_MAX>;

// Nothing when the kernel or the driver has no such attribute.
template <typename Value>
std::optional<Value> read(const nlattr* attribute) {
  if (attribute == nullptr || nla_len(attribute) < static_cast<int>(sizeof(Value)))
    return std::nullopt;
  Value value;
  std::memcpy(&value, nla_data(attribute), sizeof(value));
  return value;
}

std::optional<bool> told(std::uint32_t setting) {
  if (setting == kNotTold) return std::nullopt;
  return setting != 0;
}

// Every attribute of a VF begins with its index; one that is always there is the MAC.
template <typename Result, typename Parse>
std::vector<Result> parse_each(const nlmsghdr* message, Parse parse) {
  std::vector<Result> results;
  if (message->nlmsg_type != RTM_NEWLINK) return results;
  const MirrorAttributes<IFLA_MAX> link(message, sizeof(ifinfomsg));
  if (!link.has(IFLA_VFINFO_LIST)) return results;
  int left = 0;
  nlattr* entry = nullptr;
  nla_for_each_nested(entry, const_cast<nlattr*>(link[IFLA_VFINFO_LIST]), left) {
    const VfAttributes vf(entry);
    const auto mac = read<ifla_vf_mac>(vf[IFLA_VF_MAC]);
    if (nla_type(entry) == IFLA_VF_INFO && mac) results.push_back(parse(vf, *mac));
  }
  return results;
}

void read_vlan(const VfAttributes& vf, VfSettings& settings) {
  if (const auto plain = read<ifla_vf_vlan>(vf[IFLA_VF_VLAN])) {
    settings.vlan = plain->vlan;
    settings.vlan_qos = plain->qos;
  }
  const MirrorAttributes<IFLA_VF_VLAN_INFO_MAX> list(vf[IFLA_VF_VLAN_LIST]);
  if (const auto info = read<ifla_vf_vlan_info>(list[IFLA_VF_VLAN_INFO])) {
    settings.vlan = info->vlan;
    settings.vlan_qos = info->qos;
    settings.service_vlan = info->vlan_proto == htons(ETH_P_8021AD);
  }
}

void read_rates(const VfAttributes& vf, VfSettings& settings) {
  if (const auto limit = read<ifla_vf_tx_rate>(vf[IFLA_VF_TX_RATE]))
    settings.max_tx_rate = limit->rate;
  if (const auto rate = read<ifla_vf_rate>(vf[IFLA_VF_RATE])) {
    settings.min_tx_rate = rate->min_tx_rate;
    settings.max_tx_rate = rate->max_tx_rate;
  }
}

VfSettings settings_of(const VfAttributes& vf, const ifla_vf_mac& mac) {
  VfSettings settings;
  settings.index = mac.vf;
  std::memcpy(settings.mac.bytes.data(), mac.mac, settings.mac.bytes.size());
  read_vlan(vf, settings);
  read_rates(vf, settings);
  if (const auto spoofchk = read<ifla_vf_spoofchk>(vf[IFLA_VF_SPOOFCHK]))
    settings.spoofchk = told(spoofchk->setting);
  if (const auto trust = read<ifla_vf_trust>(vf[IFLA_VF_TRUST]))
    settings.trust = told(trust->setting);
  const auto state = read<ifla_vf_link_state>(vf[IFLA_VF_LINK_STATE]);
  if (state && state->link_state <= static_cast<std::uint32_t>(VfLinkState::kDisable))
    settings.link_state = static_cast<VfLinkState>(state->link_state);
  return settings;
}

VfStatistics statistics_of(const VfAttributes& vf, const ifla_vf_mac& mac) {
  const MirrorAttributes<IFLA_VF_STATS_MAX> all(vf[IFLA_VF_STATS]);
  const auto count = [&](int type) { return read<std::uint64_t>(all[type]).value_or(0); };
  return {.index = mac.vf,
          .rx_packets = count(IFLA_VF_STATS_RX_PACKETS),
          .tx_packets = count(IFLA_VF_STATS_TX_PACKETS),
          .rx_bytes = count(IFLA_VF_STATS_RX_BYTES),
          .tx_bytes = count(IFLA_VF_STATS_TX_BYTES),
          .broadcast = count(IFLA_VF_STATS_BROADCAST),
          .multicast = count(IFLA_VF_STATS_MULTICAST),
          .rx_dropped = count(IFLA_VF_STATS_RX_DROPPED),
          .tx_dropped = count(IFLA_VF_STATS_TX_DROPPED)};
}

// Statistics make the list three times as long, and drivers ask their NIC for them.
template <typename Parse>
auto ask(const std::string& pf, std::uint32_t extent, Parse parse) {
  NetdevSocket socket("");
  NetdevMessage request(RTM_GETLINK, ifindex_of(pf));
  request.put(IFLA_EXT_MASK, extent);
  decltype(parse(request.message())) result;
  socket.ask(request, "read the VFs of " + pf,
             [&](const nlmsghdr* message) { result = parse(message); });
  return result;
}

}  // namespace

std::vector<VfSettings> parse_vf_settings(const nlmsghdr* message) {
  return parse_each<VfSettings>(message, settings_of);
}

std::vector<VfStatistics> parse_vf_statistics(const nlmsghdr* message) {
  return parse_each<VfStatistics>(message, statistics_of);
}

std::vector<VfSettings> list_vf_settings(const std::string& pf) {
  return ask(pf, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS, parse_vf_settings);
}

std::vector<VfStatistics> list_vf_statistics(const std::string& pf) {
  return ask(pf, RTEXT_FILTER_VF, parse_vf_statistics);
}

}  // namespace millrace
