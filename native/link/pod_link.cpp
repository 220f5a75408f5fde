#include "link/pod_link.hpp"

#include <linux/if_addr.h>
#include <netlink/route/nexthop.h>

#include "link/netns.hpp"
#include "link/nl.hpp"

namespace millrace {

namespace {

nl::Socket connect_in(const std::string& netns) {
  nl::Socket socket;
  in_netns(netns, [&] { socket = nl::connect(); });
  return socket;
}

void bring_up(nl_sock* socket, rtnl_link* link, const std::string& ifname) {
  const nl::Link change(rtnl_link_alloc());
  rtnl_link_set_flags(change.get(), IFF_UP);
  nl::check(rtnl_link_change(socket, link, change.get(), 0), "bring up " + ifname);
}

void add_address(nl_sock* socket, int ifindex, const std::string& cidr) {
  const nl::Address address(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(address.get(), ifindex);
  const auto local = nl::parse_address(cidr);
  nl::check(rtnl_addr_set_local(address.get(), local.get()), "address " + cidr);
  if (nl_addr_get_family(local.get()) == AF_INET6) rtnl_addr_set_flags(address.get(), IFA_F_NODAD);
  nl::check(rtnl_addr_add(socket, address.get(), 0), "add address " + cidr);
}

// gateway "" makes the destination reachable on the link itself.
void add_route(nl_sock* socket, int ifindex, const std::string& dst, const std::string& gateway) {
  const nl::Route route(rtnl_route_alloc());
  const auto destination = nl::parse_address(dst);
  rtnl_route_set_family(route.get(),
                        static_cast<std::uint8_t>(nl_addr_get_family(destination.get())));
  rtnl_route_set_dst(route.get(), destination.get());
  rtnl_route_set_scope(route.get(), gateway.empty() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, ifindex);
  if (!gateway.empty()) rtnl_route_nh_set_gateway(hop, nl::parse_address(gateway).get());
  rtnl_route_add_nexthop(route.get(), hop);
  nl::check(rtnl_route_add(socket, route.get(), NLM_F_EXCL),
            "add route " + dst + (gateway.empty() ? "" : " via " + gateway));
}

std::string text_of(nl_addr* address) {
  char buffer[128];
  std::string text = nl_addr2str(address, buffer, sizeof(buffer));
  if (text == "none" || text == "default")
    text = nl_addr_get_family(address) == AF_INET6 ? "::/0" : "0.0.0.0/0";
  return text;
}

// nl_addr2str leaves out the length of host prefixes.
std::string cidr_of(nl_addr* address) {
  std::string text = text_of(address);
  if (text.find('/') == std::string::npos)
    text += "/" + std::to_string(nl_addr_get_prefixlen(address));
  return text;
}

void read_addresses(nl_sock* socket, PodInfo& info) {
  nl_cache* allocated = nullptr;
  nl::check(rtnl_addr_alloc_cache(socket, &allocated), "list addresses");
  const nl::Cache cache(allocated);
  for (nl_object* object = nl_cache_get_first(cache.get()); object != nullptr;
       object = nl_cache_get_next(object)) {
    auto* address = reinterpret_cast<rtnl_addr*>(object);
    if (rtnl_addr_get_ifindex(address) != info.ifindex ||
        rtnl_addr_get_scope(address) != RT_SCOPE_UNIVERSE)
      continue;
    info.addresses.push_back(cidr_of(rtnl_addr_get_local(address)));
  }
}

void read_routes(nl_sock* socket, PodInfo& info) {
  nl_cache* allocated = nullptr;
  nl::check(rtnl_route_alloc_cache(socket, AF_UNSPEC, 0, &allocated), "list routes");
  const nl::Cache cache(allocated);
  for (nl_object* object = nl_cache_get_first(cache.get()); object != nullptr;
       object = nl_cache_get_next(object)) {
    auto* route = reinterpret_cast<rtnl_route*>(object);
    // The plugin sbr of a chain moves them to a table of their own.
    if (rtnl_route_get_table(route) == RT_TABLE_LOCAL || rtnl_route_get_nnexthops(route) != 1)
      continue;
    rtnl_nexthop* hop = rtnl_route_nexthop_n(route, 0);
    if (rtnl_route_nh_get_ifindex(hop) != info.ifindex) continue;
    nl_addr* gateway = rtnl_route_nh_get_gateway(hop);
    info.routes.push_back(
        {cidr_of(rtnl_route_get_dst(route)), gateway == nullptr ? "" : text_of(gateway)});
  }
}

}  // namespace

void configure_pod(const PodRequest& request) {
  const auto socket = connect_in(request.netns);
  const auto link = nl::get_link(socket.get(), request.ifname);
  const int ifindex = rtnl_link_get_ifindex(link.get());
  bring_up(socket.get(), link.get(), request.ifname);
  for (const auto& address : request.addresses) add_address(socket.get(), ifindex, address);
  for (const auto& gateway : request.gateways) add_route(socket.get(), ifindex, gateway, "");
  for (const auto& route : request.routes)
    add_route(socket.get(), ifindex, route.dst, route.gateway);
}

std::optional<PodInfo> describe_pod(const std::string& netns, const std::string& ifname) {
  nl::Socket socket;
  try {
    socket = connect_in(netns);
  } catch (const std::system_error& failure) {
    if (failure.code().value() == ENOENT || failure.code().value() == EINVAL) return std::nullopt;
    throw;
  }
  rtnl_link* found = nullptr;
  if (rtnl_link_get_kernel(socket.get(), 0, ifname.c_str(), &found) < 0) return std::nullopt;
  const nl::Link link(found);
  char mac[64] = "";
  if (nl_addr* address = rtnl_link_get_addr(link.get())) nl_addr2str(address, mac, sizeof(mac));
  PodInfo info{rtnl_link_get_ifindex(link.get()),
               mac,
               rtnl_link_get_mtu(link.get()),
               (rtnl_link_get_flags(link.get()) & IFF_UP) != 0,
               {},
               {}};
  read_addresses(socket.get(), info);
  read_routes(socket.get(), info);
  return info;
}

}  // namespace millrace
