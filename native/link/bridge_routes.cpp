#include "link/bridge_routes.hpp"

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "link/bridge_entries.hpp"
#include "link/mirror_parse.hpp"
#include "link/mirror_request.hpp"

namespace millrace {

namespace {

class Reader {
 public:
  Reader(int ifindex, std::uint32_t table) : ifindex_(ifindex), table_(table) {}

  std::vector<GatewayRoute> read() {
    MirrorRequest objects(RTM_GETNEXTHOP, 0);
    objects.header<nhmsg>();
    dump_consistently(
        objects.message(), [&] { nexthops_ = {}; },
        [&](const nlmsghdr* message) {
          std::uint32_t id = 0;
          NexthopObject object;
          if (parse_nexthop(message, id, object)) nexthops_.set(id, object);
        });
    std::vector<GatewayRoute> all = dump(AF_INET);
    for (GatewayRoute& route : dump(AF_INET6)) all.push_back(std::move(route));
    return all;
  }

 private:
  std::vector<GatewayRoute> dump(std::uint8_t family) {
    MirrorRequest request(RTM_GETROUTE, 0);
    request.header<rtmsg>().rtm_family = family;
    request.put(RTA_TABLE, table_);
    request.put<std::uint32_t>(RTA_OIF, static_cast<std::uint32_t>(ifindex_));
    std::vector<GatewayRoute> routes;
    dump_consistently(
        request.message(), [&] { routes.clear(); },
        [&](const nlmsghdr* message) {
          if (GatewayRoute route; parse(message, route)) routes.push_back(std::move(route));
        });
    return routes;
  }

  bool parse(const nlmsghdr* message, GatewayRoute& result) {
    if (!parse_route(message, route_) || route_.key.table != table_) return false;
    std::vector<KernelNextHop> hops = route_.path.hops;
    KernelRouteType type = route_.path.type;
    const std::uint32_t id = route_.path.nexthop_id;
    if (id != 0 && !nexthops_.resolve(id, hops, type)) return false;
    if (type != KernelRouteType::kUnicast) return false;
    for (const KernelNextHop& hop : hops)
      if (hop.ifindex == ifindex_ && hop.has_gateway)
        result.gateways.push_back(unmapped_address(hop.gateway.data(), hop.gateway_ip6 ? 16 : 4));
    const auto& key = route_.key;
    result.prefix =
        address_text(key.prefix.data(), route_.ip6 ? 16 : 4) + "/" + std::to_string(key.length);
    return !result.gateways.empty();
  }

  const int ifindex_;
  const std::uint32_t table_;
  NexthopTable nexthops_;
  RouteMessage route_;
};

}  // namespace

std::vector<GatewayRoute> list_gateway_routes(const std::string& ifname, std::uint32_t table) {
  return Reader(ifindex_of(ifname), table).read();
}

}  // namespace millrace
