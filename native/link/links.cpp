#include "link/links.hpp"

#include <bpf/libbpf.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/link/vrf.h>

#include "link/netns.hpp"
#include "link/nl.hpp"
#include "link/offloads.hpp"

namespace millrace {

namespace {

void describe(rtnl_link* link, const std::string& name, const std::string& mac,
              const VethRequest& request) {
  rtnl_link_set_name(link, name.c_str());
  rtnl_link_set_addr(link, nl::parse_address(mac).get());
  rtnl_link_set_mtu(link, request.mtu);
  rtnl_link_set_num_tx_queues(link, request.queues);
  rtnl_link_set_num_rx_queues(link, request.queues);
}

int ifindex_in(const std::string& netns, const std::string& name) {
  int ifindex = 0;
  in_netns(netns, [&] {
    const auto socket = nl::connect();
    ifindex = rtnl_link_get_ifindex(nl::get_link(socket.get(), name).get());
  });
  return ifindex;
}

// Alias, no link-local address (nor router solicitations of ours into the pod), then up.
void finish_host_end(nl_sock* socket, const VethRequest& request) {
  const auto link = nl::get_link(socket, request.host_name);
  const nl::Link change(rtnl_link_alloc());
  rtnl_link_set_ifalias(change.get(), request.alias.c_str());
  rtnl_link_inet6_set_addr_gen_mode(change.get(), IN6_ADDR_GEN_MODE_NONE);
  nl::check(rtnl_link_change(socket, link.get(), change.get(), 0),
            "configure " + request.host_name);
  const nl::Link up(rtnl_link_alloc());
  rtnl_link_set_flags(up.get(), IFF_UP);
  nl::check(rtnl_link_change(socket, link.get(), up.get(), 0), "bring up " + request.host_name);
}

void remove(nl_sock* socket, const std::string& name) {
  const nl::Link link(rtnl_link_alloc());
  rtnl_link_set_name(link.get(), name.c_str());
  nl::check(rtnl_link_delete(socket, link.get()), "delete " + name);
}

std::string text_of(const char* text) {
  return text == nullptr ? "" : text;
}

std::string mac_of(rtnl_link* link) {
  char buffer[64];
  nl_addr* address = rtnl_link_get_addr(link);
  return address == nullptr ? "" : nl_addr2str(address, buffer, sizeof(buffer));
}

std::uint32_t vrf_table_of(rtnl_link* link) {
  std::uint32_t table = 0;
  if (rtnl_link_is_vrf(link) != 0) (void)rtnl_link_vrf_get_tableid(link, &table);
  return table;
}

std::uint32_t xdp_program_of(int ifindex) {
  std::uint32_t id = 0;
  return bpf_xdp_query_id(ifindex, 0, &id) == 0 ? id : 0;
}

}  // namespace

VethPair create_veth(const VethRequest& request) {
  const UniqueFd netns = open_netns(request.netns);
  const auto socket = nl::connect();
  const nl::Link host(rtnl_link_veth_alloc());
  rtnl_link* pod = rtnl_link_veth_get_peer(host.get());
  describe(host.get(), request.host_name, request.host_mac, request);
  describe(pod, request.pod_name, request.pod_mac, request);
  rtnl_link_set_ns_fd(pod, netns.get());
  const int result = rtnl_link_add(socket.get(), host.get(), NLM_F_CREATE | NLM_F_EXCL);
  rtnl_link_put(pod);
  nl::check(result, "create veth " + request.host_name + " with " + request.pod_name + " in " +
                        request.netns);
  try {
    finish_host_end(socket.get(), request);
    disable_vlan_offload(request.netns, request.pod_name);
    const int host_ifindex =
        rtnl_link_get_ifindex(nl::get_link(socket.get(), request.host_name).get());
    return {host_ifindex, ifindex_in(request.netns, request.pod_name)};
  } catch (...) {
    remove(socket.get(), request.host_name);
    throw;
  }
}

bool delete_link(const std::string& name, const std::string& alias) {
  const auto socket = nl::connect();
  rtnl_link* found = nullptr;
  if (rtnl_link_get_kernel(socket.get(), 0, name.c_str(), &found) < 0) return false;
  const nl::Link link(found);
  if (text_of(rtnl_link_get_ifalias(link.get())) != alias) return false;
  const int result = rtnl_link_delete(socket.get(), link.get());
  if (nl::to_errno(result) == ENODEV && result < 0) return false;
  nl::check(result, "delete " + name);
  return true;
}

std::vector<LinkInfo> list_links() {
  const auto socket = nl::connect();
  nl_cache* allocated = nullptr;
  nl::check(rtnl_link_alloc_cache(socket.get(), AF_UNSPEC, &allocated), "list links");
  const nl::Cache cache(allocated);
  std::vector<LinkInfo> links;
  for (nl_object* object = nl_cache_get_first(cache.get()); object != nullptr;
       object = nl_cache_get_next(object)) {
    auto* link = reinterpret_cast<rtnl_link*>(object);
    const int ifindex = rtnl_link_get_ifindex(link);
    links.push_back(
        {ifindex, text_of(rtnl_link_get_name(link)), text_of(rtnl_link_get_ifalias(link)),
         mac_of(link), text_of(rtnl_link_get_type(link)), rtnl_link_get_mtu(link),
         (rtnl_link_get_flags(link) & IFF_UP) != 0, xdp_program_of(ifindex), vrf_table_of(link)});
  }
  return links;
}

}  // namespace millrace
