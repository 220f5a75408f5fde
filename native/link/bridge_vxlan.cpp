#include "link/bridge_vxlan.hpp"

#include <linux/rtnetlink.h>
#include <netlink/route/link/vrf.h>
#include <netlink/route/link/vxlan.h>

#include <cerrno>
#include <cstring>

#include "engine/routing_prefix.hpp"
#include "link/bridge_entries.hpp"

namespace millrace {

namespace {

std::string type_of(rtnl_link* link) {
  const char* type = rtnl_link_get_type(link);
  return type == nullptr ? "" : type;
}

nl::Link link_at(nl_sock* socket, int ifindex) {
  rtnl_link* link = nullptr;
  if (ifindex == 0 || rtnl_link_get_kernel(socket, ifindex, nullptr, &link) < 0) return nullptr;
  return nl::Link(link);
}

// The kernel has none as an address of all zeros.
std::string local_of(rtnl_link* link) {
  nl_addr* found = nullptr;
  if (rtnl_link_vxlan_get_local(link, &found) < 0 || found == nullptr) return "";
  const nl::AbstractAddress address(found);
  if (nl_addr_iszero(address.get()) != 0) return "";
  return address_text(static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(address.get())),
                      static_cast<int>(nl_addr_get_len(address.get())));
}

std::uint32_t table_of(nl_sock* socket, rtnl_link* bridge) {
  std::uint32_t table = 0;
  if (const auto vrf = link_at(socket, rtnl_link_get_master(bridge)))
    if (rtnl_link_is_vrf(vrf.get()) != 0) (void)rtnl_link_vrf_get_tableid(vrf.get(), &table);
  return table == 0 ? std::uint32_t{RT_TABLE_MAIN} : table;
}

void read_bridge(nl_sock* socket, int ifindex, VxlanDevice& device) {
  const auto bridge = link_at(socket, ifindex);
  if (!bridge || type_of(bridge.get()) != "bridge") return;
  device.bridge = rtnl_link_get_name(bridge.get());
  device.bridge_ifindex = ifindex;
  Mac mac;
  if (nl_addr* address = rtnl_link_get_addr(bridge.get()); address != nullptr)
    if (nl_addr_get_len(address) == 6)
      std::memcpy(mac.bytes.data(), nl_addr_get_binary_addr(address), 6);
  device.bridge_mac = to_text(mac);
  device.table = table_of(socket, bridge.get());
}

}  // namespace

std::optional<VxlanDevice> describe_vxlan(const std::string& ifname) {
  const auto socket = nl::connect();
  rtnl_link* found = nullptr;
  const int result = rtnl_link_get_kernel(socket.get(), 0, ifname.c_str(), &found);
  if (nl::to_errno(result) == ENODEV || result == -NLE_OBJ_NOTFOUND) return std::nullopt;
  nl::check(result, "interface " + ifname);
  const nl::Link link(found);
  if (type_of(link.get()) != "vxlan")
    throw_errno("interface " + ifname + " is no VXLAN device", EINVAL);
  VxlanDevice device;
  device.ifindex = rtnl_link_get_ifindex(link.get());
  device.local = local_of(link.get());
  (void)rtnl_link_vxlan_get_id(link.get(), &device.vni);
  (void)rtnl_link_vxlan_get_port(link.get(), &device.udp_port);
  device.external = rtnl_link_vxlan_get_collect_metadata(link.get()) > 0;
  device.table = RT_TABLE_MAIN;
  read_bridge(socket.get(), rtnl_link_get_master(link.get()), device);
  return device;
}

}  // namespace millrace
