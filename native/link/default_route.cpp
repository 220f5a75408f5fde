#include "link/default_route.hpp"

#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/nexthop.h>

#include <algorithm>

#include "link/nl.hpp"

namespace millrace {

namespace {

void collect(rtnl_route* route, std::vector<int>& interfaces) {
  nl_addr* destination = rtnl_route_get_dst(route);
  if (destination != nullptr && nl_addr_get_prefixlen(destination) != 0) return;
  if (rtnl_route_get_type(route) != RTN_UNICAST) return;
  for (int i = 0; i < rtnl_route_get_nnexthops(route); ++i) {
    const int ifindex = rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, i));
    if (ifindex > 0 && std::find(interfaces.begin(), interfaces.end(), ifindex) == interfaces.end())
      interfaces.push_back(ifindex);
  }
}

// Looked at one by one: a table may hold a million routes.
int look_at(nl_msg* message, void* interfaces) {
  nlmsghdr* header = nlmsg_hdr(message);
  const auto* route = static_cast<const rtmsg*>(nlmsg_data(header));
  if (route->rtm_dst_len != 0) return NL_OK;
  rtnl_route* parsed = nullptr;
  if (rtnl_route_parse(header, &parsed) < 0) return NL_OK;
  const nl::Route owned(parsed);
  collect(parsed, *static_cast<std::vector<int>*>(interfaces));
  return NL_OK;
}

}  // namespace

std::vector<int> default_route_interfaces() {
  const auto socket = nl::connect();
  std::vector<int> interfaces;
  nl::check(nl_socket_modify_cb(socket.get(), NL_CB_VALID, NL_CB_CUSTOM, look_at, &interfaces),
            "list routes");
  rtmsg request{};
  nl::check(nl_send_simple(socket.get(), RTM_GETROUTE, NLM_F_DUMP, &request, sizeof(request)),
            "list routes");
  nl::check(nl_recvmsgs_default(socket.get()), "list routes");
  return interfaces;
}

}  // namespace millrace
