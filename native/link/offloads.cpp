#include "link/offloads.hpp"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/errors.hpp"
#include "link/netns.hpp"

namespace millrace {

namespace {

void ethtool(const std::string& ifname, void* command, const char* what) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  ifname.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(command);
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0)
    throw_errno("interface " + ifname + ": " + what);
}

void set_value(const std::string& ifname, std::uint32_t command, bool on, const char* what) {
  ethtool_value value{command, on};
  ethtool(ifname, &value, what);
}

// Names of all features in the kernel's order: ETH_SS_FEATURES.
std::vector<std::string> feature_names(const std::string& ifname) {
  alignas(ethtool_sset_info)
      std::uint8_t answer[sizeof(ethtool_sset_info) + sizeof(std::uint32_t)]{};
  auto* set = reinterpret_cast<ethtool_sset_info*>(answer);
  set->cmd = ETHTOOL_GSSET_INFO;
  set->sset_mask = 1ull << ETH_SS_FEATURES;
  ethtool(ifname, set, "count the device features");
  std::vector<std::uint8_t> buffer(sizeof(ethtool_gstrings) + set->data[0] * ETH_GSTRING_LEN);
  auto* strings = reinterpret_cast<ethtool_gstrings*>(buffer.data());
  strings->cmd = ETHTOOL_GSTRINGS;
  strings->string_set = ETH_SS_FEATURES;
  strings->len = set->data[0];
  ethtool(ifname, strings, "read the names of the device features");
  std::vector<std::string> names(strings->len);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* name = reinterpret_cast<const char*>(strings->data + i * ETH_GSTRING_LEN);
    names[i].assign(name, ::strnlen(name, ETH_GSTRING_LEN));
  }
  return names;
}

// Features that this kernel does not have are off.
void clear_features(const std::string& ifname, const std::vector<std::string>& unwanted,
                    const char* what) {
  const std::vector<std::string> names = feature_names(ifname);
  const std::size_t blocks = (names.size() + 31) / 32;
  std::vector<std::uint32_t> buffer(
      (sizeof(ethtool_sfeatures) + blocks * sizeof(ethtool_set_features_block)) / 4);
  auto* request = reinterpret_cast<ethtool_sfeatures*>(buffer.data());
  request->cmd = ETHTOOL_SFEATURES;
  request->size = static_cast<std::uint32_t>(blocks);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (std::find(unwanted.begin(), unwanted.end(), names[i]) != unwanted.end())
      request->features[i / 32].valid |= 1u << (i % 32);
  ethtool(ifname, request, what);
}

}  // namespace

std::string driver_of(const std::string& ifname) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  try {
    ethtool(ifname, &info, "read the driver name");
  } catch (const std::system_error&) {
    return "";
  }
  return info.driver;
}

bool has_segmentation(int ifindex) {
  char name[IF_NAMESIZE] = {};
  ethtool_value value{ETHTOOL_GTSO, 0};
  if (::if_indextoname(static_cast<unsigned>(ifindex), name) == nullptr) return false;
  try {
    ethtool(name, &value, "read whether TSO is on");
  } catch (const std::system_error&) {
    return false;
  }
  return value.data != 0;
}

void disable_segmentation(const std::string& netns, const std::string& ifname) {
  in_netns(netns, [&] {
    set_value(ifname, ETHTOOL_STSO, false, "switch TSO off");
    set_value(ifname, ETHTOOL_SGSO, false, "switch GSO off");
  });
}

void enable_gro(const std::string& netns, const std::string& ifname) {
  in_netns(netns, [&] { set_value(ifname, ETHTOOL_SGRO, true, "switch GRO on"); });
}

void disable_vlan_offload(const std::string& netns, const std::string& ifname) {
  // The tags of 802.1Q and 802.1ad: a tag kept beside the frame never reaches an AF_XDP socket.
  in_netns(netns, [&] {
    clear_features(ifname, {"tx-vlan-hw-insert", "tx-vlan-stag-hw-insert"},
                   "switch VLAN transmit offload off");
  });
}

}  // namespace millrace
