#include "link/mirror_dump.hpp"

#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <system_error>

#include "link/mirror_request.hpp"

namespace millrace {

namespace {

using Dumped = MirrorSocket::Dumped;

constexpr int kTries = 5;

// Each kind of dump has a fixed header of its own, in which strict checking wants zeros.
MirrorRequest request_for(std::uint16_t type, std::uint8_t family) {
  MirrorRequest request(type, 0);
  switch (type) {
    case RTM_GETLINK:
      request.header<ifinfomsg>().ifi_family = family;
      request.put<std::uint32_t>(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
      break;
    case RTM_GETADDR:
      request.header<ifaddrmsg>().ifa_family = family;
      break;
    case RTM_GETNEIGH:
      request.header<ndmsg>().ndm_family = family;
      break;
    case RTM_GETNEXTHOP:
      request.header<nhmsg>().nh_family = family;
      break;
    default:
      request.header<rtmsg>().rtm_family = family;
  }
  return request;
}

}  // namespace

bool MirrorDump::read_part(const std::function<void()>& clear,
                           const std::function<Dumped()>& dump_it) {
  for (int i = 0; i < kTries; ++i) {
    clear();
    const Dumped dumped = dump_it();
    if (dumped != Dumped::kChanged) return dumped == Dumped::kDone;
  }
  doubtful_ = true;  // the events that are applied next mend most of it
  return true;
}

Dumped MirrorDump::dump(MirrorImage& image, std::uint16_t type, std::uint8_t family) {
  MirrorRequest request = request_for(type, family);
  return socket_.dump(
      request.message(), [&](const nlmsghdr* message) { image.load(message); }, hooks_.meanwhile);
}

Dumped MirrorDump::dump_table(MirrorImage& image, std::uint8_t family, std::uint32_t table) {
  MirrorRequest request = request_for(RTM_GETROUTE, family);
  request.put(RTA_TABLE, table);
  return socket_.dump(
      request.message(), [&](const nlmsghdr* message) { image.load(message); }, hooks_.meanwhile);
}

Dumped MirrorDump::dump_routes(MirrorImage& image, std::uint8_t family) {
  if (tables_.empty()) return dump(image, RTM_GETROUTE, family);
  for (const std::uint32_t table : tables_)
    if (const Dumped dumped = dump_table(image, family, table); dumped != Dumped::kDone)
      return dumped;
  return Dumped::kDone;
}

Dumped MirrorDump::dump_routes6(MirrorImage& image) {
  const std::uint64_t before = hooks_.ip6_removals();
  const Dumped dumped = dump_routes(image, AF_INET6);
  if (dumped != Dumped::kDone) return dumped;
  return hooks_.ip6_removals() == before ? Dumped::kDone : Dumped::kChanged;
}

bool MirrorDump::read(MirrorImage& image) {
  const auto part = [&](auto& map, std::uint16_t type, std::uint8_t family) {
    return read_part([&] { map = {}; }, [&, type, family] { return dump(image, type, family); });
  };
  const auto neighbours = [&] {
    const Dumped dumped = dump(image, RTM_GETNEIGH, AF_INET);
    return dumped == Dumped::kDone ? dump(image, RTM_GETNEIGH, AF_INET6) : dumped;
  };
  return part(image.links, RTM_GETLINK, AF_UNSPEC) &&
         part(image.addresses, RTM_GETADDR, AF_UNSPEC) &&
         part(image.nexthops, RTM_GETNEXTHOP, AF_UNSPEC) &&
         read_part([&] { image.neighbours = {}; }, neighbours) &&
         read_part([&] { image.routes4 = {}, image.without_ip4.clear(); },
                   [&] { return dump_routes(image, AF_INET); }) &&
         read_part([&] { image.routes6 = {}; }, [&] { return dump_routes6(image); });
}

}  // namespace millrace
