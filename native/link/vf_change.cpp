#include "link/vf_change.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/routing_prefix.hpp"
#include "link/bridge_entries.hpp"
#include "link/netdev_socket.hpp"

namespace millrace {

namespace {

std::string on_or_off(bool on) {
  return on ? "on" : "off";
}

// In the words of the configuration.
struct Describe {
  std::string operator()(const VfMac& change) const { return "mac " + to_text(change.mac); }
  std::string operator()(const VfVlan& change) const {
    return "vlan " + std::to_string(change.vlan) + ", vlanQoS " + std::to_string(change.qos) +
           ", vlanProto " + (change.service ? "802.1ad" : "802.1q");
  }
  std::string operator()(const VfSpoofCheck& change) const {
    return "spoofchk " + on_or_off(change.on);
  }
  std::string operator()(const VfTrust& change) const { return "trust " + on_or_off(change.on); }
  std::string operator()(VfLinkState state) const {
    return std::string("link_state ") + kVfLinkStateNames.at(static_cast<std::size_t>(state));
  }
  std::string operator()(const VfRate& change) const {
    return "min_tx_rate " + std::to_string(change.min_tx_rate) + ", max_tx_rate " +
           std::to_string(change.max_tx_rate);
  }
};

struct Write {
  NetdevMessage& request;
  std::uint32_t index;
  VlanForm form;

  void operator()(const VfMac& change) const {
    ifla_vf_mac value{};
    value.vf = index;
    std::copy(change.mac.bytes.begin(), change.mac.bytes.end(), value.mac);
    request.put(IFLA_VF_MAC, value);
  }
  void operator()(const VfVlan& change) const {
    if (form == VlanForm::kPlain)
      return request.put(IFLA_VF_VLAN, ifla_vf_vlan{index, change.vlan, change.qos});
    ifla_vf_vlan_info value{};
    value.vf = index;
    value.vlan = change.vlan;
    value.qos = change.qos;
    value.vlan_proto =
        htons(static_cast<std::uint16_t>(change.service ? ETH_P_8021AD : ETH_P_8021Q));
    request.nest(IFLA_VF_VLAN_LIST, [&] { request.put(IFLA_VF_VLAN_INFO, value); });
  }
  void operator()(const VfSpoofCheck& change) const {
    request.put(IFLA_VF_SPOOFCHK, ifla_vf_spoofchk{index, change.on});
  }
  void operator()(const VfTrust& change) const {
    request.put(IFLA_VF_TRUST, ifla_vf_trust{index, change.on});
  }
  void operator()(VfLinkState state) const {
    request.put(IFLA_VF_LINK_STATE, ifla_vf_link_state{index, static_cast<std::uint32_t>(state)});
  }
  void operator()(const VfRate& change) const {
    request.put(IFLA_VF_RATE, ifla_vf_rate{index, change.min_tx_rate, change.max_tx_rate});
  }
};

// A kernel that knows no list finds nothing in the request.
bool wants_plain_form(const VfChange& change, const std::system_error& failure) {
  const auto* vlan = std::get_if<VfVlan>(&change);
  return vlan != nullptr && !vlan->service && failure.code().value() == EINVAL;
}

}  // namespace

NetdevMessage vf_request(int pf_ifindex, std::uint32_t index, const VfChange& change,
                         VlanForm form) {
  NetdevMessage request(RTM_SETLINK, pf_ifindex);
  request.nest(IFLA_VFINFO_LIST, [&] {
    request.nest(IFLA_VF_INFO, [&] { std::visit(Write{request, index, form}, change); });
  });
  return request;
}

void set_vf(const std::string& pf, std::uint32_t index, const VfChange& change) {
  const std::string what = "interface " + pf + ", VF " + std::to_string(index) + ": set " +
                           std::visit(Describe{}, change);
  const int ifindex = ifindex_of(pf);
  NetdevSocket socket("");
  NetdevMessage request = vf_request(ifindex, index, change, VlanForm::kList);
  try {
    socket.ask(request, what);
  } catch (const std::system_error& failure) {
    if (!wants_plain_form(change, failure)) throw;
    request = vf_request(ifindex, index, change, VlanForm::kPlain);
    socket.ask(request, what);
  }
}

}  // namespace millrace
