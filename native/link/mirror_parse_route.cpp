// Routes and nexthop objects.
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "link/mirror_attributes.hpp"
#include "link/mirror_parse.hpp"

namespace millrace {

namespace {

using RouteAttributes = MirrorAttributes<RTA_MAX>;

// struct nexthop_grp: the id, the weight less one, and since Linux 6.12 its upper byte, which was
// zero before and has another name in older headers.
constexpr int kGroupEntry = sizeof(nexthop_grp);
static_assert(kGroupEntry == 8);

bool type_of(std::uint8_t type, KernelRouteType& result) {
  switch (type) {
    case RTN_UNICAST:
      result = KernelRouteType::kUnicast;
      return true;
    case RTN_LOCAL:
      result = KernelRouteType::kLocal;
      return true;
    case RTN_BLACKHOLE:
      result = KernelRouteType::kBlackhole;
      return true;
    case RTN_UNREACHABLE:
      result = KernelRouteType::kUnreachable;
      return true;
    case RTN_PROHIBIT:
      result = KernelRouteType::kProhibit;
      return true;
    case RTN_THROW:
      result = KernelRouteType::kOther;
      return true;
    default:  // broadcast, multicast, anycast: not for forwarding
      return false;
  }
}

bool has_hops(KernelRouteType type) {
  return type == KernelRouteType::kUnicast || type == KernelRouteType::kLocal ||
         type == KernelRouteType::kOther;
}

// Link-local (RFC 4291 2.5.6) and multicast.
bool stays_on_link(const RouteKey& key) {
  return (key.length >= 8 && key.prefix[0] == 0xff) ||
         (key.length >= 10 && key.prefix[0] == 0xfe && (key.prefix[1] & 0xc0) == 0x80);
}

void read_gateway(const RouteAttributes& attributes, bool ip6, KernelNextHop& hop) {
  hop.has_gateway = attributes.copy(RTA_GATEWAY, hop.gateway);
  hop.gateway_ip6 = hop.has_gateway && ip6;
  if (attributes.length(RTA_VIA) < 6) return;  // the family, and an address of it
  const nlattr* via = attributes[RTA_VIA];
  const auto* bytes = static_cast<const std::uint8_t*>(nla_data(via));
  std::uint16_t family;
  std::memcpy(&family, bytes, 2);
  hop.has_gateway = true;
  hop.gateway_ip6 = family == AF_INET6;
  std::memcpy(hop.gateway.data(), bytes + 2, std::min<std::size_t>(nla_len(via) - 2, 16));
}

// struct rtnexthop, each with attributes of its own. False when one of them is encapsulated.
bool read_multipath(const RouteAttributes& attributes, RouteMessage& route) {
  bool plain = true;
  int left = attributes.length(RTA_MULTIPATH);
  const auto* entry = reinterpret_cast<const rtnexthop*>(attributes.data(RTA_MULTIPATH));
  while (RTNH_OK(entry, left)) {
    const RouteAttributes own(RTNH_DATA(entry), entry->rtnh_len - int{RTNH_LENGTH(0)});
    KernelNextHop hop{.ifindex = entry->rtnh_ifindex,
                      .weight = entry->rtnh_hops + 1u,
                      .onlink = (entry->rtnh_flags & RTNH_F_ONLINK) != 0};
    read_gateway(own, route.ip6, hop);
    route.path.hops.push_back(hop);
    if ((entry->rtnh_flags & RTNH_F_DEAD) != 0) route.dead.push_back(hop.ifindex);
    plain = plain && !own.has(RTA_ENCAP);
    left -= static_cast<int>(RTNH_ALIGN(entry->rtnh_len));
    entry = RTNH_NEXT(entry);
  }
  return plain;
}

void read_hops(const RouteAttributes& attributes, const rtmsg& header, RouteMessage& route) {
  bool plain = !attributes.has(RTA_ENCAP);
  if (attributes.has(RTA_MULTIPATH)) {
    plain = read_multipath(attributes, route) && plain;
  } else if (attributes.has(RTA_OIF)) {
    KernelNextHop hop{.ifindex = static_cast<std::int32_t>(attributes.u32(RTA_OIF)),
                      .onlink = (header.rtm_flags & RTNH_F_ONLINK) != 0};
    read_gateway(attributes, route.ip6, hop);
    route.path.hops.push_back(hop);
  }
  if (!plain) route.path.type = KernelRouteType::kOther;
  // The kernel names the siblings of an IPv6 route in changing order.
  if (route.ip6) std::sort(route.path.hops.begin(), route.path.hops.end());
}

void read_path(const RouteAttributes& attributes, const rtmsg& header, RouteMessage& route) {
  RoutePath& path = route.path;
  path.hops.clear();
  route.dead.clear();
  path.protocol = header.rtm_protocol;
  path.host_scope = header.rtm_scope == RT_SCOPE_HOST;
  path.preferred_source = route.ip6 ? 0 : attributes.u32(RTA_PREFSRC);
  path.nexthop_id = attributes.u32(RTA_NH_ID);
  if (path.nexthop_id != 0)
    path.type = KernelRouteType::kUnicast;  // what it is now is told by the nexthop object
  else if (has_hops(path.type))
    read_hops(attributes, header, route);
}

}  // namespace

bool parse_route(const nlmsghdr* message, RouteMessage& route) {
  const auto* header = fixed_header<rtmsg>(message);
  if (header == nullptr || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
    return false;
  if ((header->rtm_flags & RTM_F_CLONED) != 0 || header->rtm_src_len != 0 || header->rtm_tos != 0)
    return false;
  if (!type_of(header->rtm_type, route.path.type)) return false;
  const RouteAttributes attributes(message, sizeof(*header));
  if (!attributes.ok()) return false;
  route.ip6 = header->rtm_family == AF_INET6;
  route.flags = message->nlmsg_flags;
  route.key = {{}, attributes.u32(RTA_TABLE, header->rtm_table), header->rtm_dst_len};
  attributes.copy(RTA_DST, route.key.prefix);
  if (route.ip6 && stays_on_link(route.key)) return false;
  route.metric = attributes.u32(RTA_PRIORITY);
  read_path(attributes, *header, route);
  return true;
}

bool parse_nexthop(const nlmsghdr* message, std::uint32_t& id, NexthopObject& object) {
  const auto* header = fixed_header<nhmsg>(message);
  if (header == nullptr) return false;
  const MirrorAttributes<NHA_MAX> attributes(message, sizeof(*header));
  if (!attributes.ok() || !attributes.has(NHA_ID) || attributes.has(NHA_FDB)) return false;
  id = attributes.u32(NHA_ID);
  object = {};
  if (attributes.has(NHA_BLACKHOLE)) object.type = KernelRouteType::kBlackhole;
  if (attributes.has(NHA_ENCAP)) object.type = KernelRouteType::kOther;
  object.hop.ifindex = static_cast<std::int32_t>(attributes.u32(NHA_OIF));
  object.hop.onlink = (header->nh_flags & RTNH_F_ONLINK) != 0;
  object.hop.has_gateway = attributes.copy(NHA_GATEWAY, object.hop.gateway);
  object.hop.gateway_ip6 = object.hop.has_gateway && header->nh_family == AF_INET6;
  for (int at = 0; at + kGroupEntry <= attributes.length(NHA_GROUP); at += kGroupEntry) {
    const std::uint8_t* entry = attributes.data(NHA_GROUP) + at;
    std::uint32_t member;
    std::memcpy(&member, entry, 4);
    object.group.emplace_back(member, (entry[5] << 8 | entry[4]) + 1u);
  }
  return true;
}

}  // namespace millrace
