// What concerns the tables of bridges and VXLAN devices. They are not kept: whoever wants one reads
// it when he hears that it has changed.
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "link/mirror_attributes.hpp"
#include "link/mirror_state.hpp"

namespace millrace {

// The kernel names the device, or the port of a bridge, that an entry is of. On ports stations come
// and go all the time; only what VXLAN devices know is of interest.
bool MirrorState::note_fdb(const nlmsghdr* message) {
  const auto* header = fixed_header<ndmsg>(message);
  if (header == nullptr || header->ndm_family != AF_BRIDGE) return false;
  const auto link = image_.links.find(header->ndm_ifindex);
  if (link != image_.links.end()) note_link(link->second);
  return true;
}

void MirrorState::note_link(const KernelLink& link) {
  if (link.kind == "bridge" || link.kind == "vxlan") fdb_changes_.insert(link.ifindex);
}

void MirrorState::note_bridge(std::int32_t ifindex) {
  const auto link = image_.links.find(ifindex);
  if (link != image_.links.end() && link->second.kind == "bridge") fdb_changes_.insert(ifindex);
}

void MirrorState::note_route(const RouteMessage& route) {
  for (const KernelNextHop& hop : route.path.hops) note_bridge(hop.ifindex);
  if (route.path.nexthop_id == 0) return;
  KernelRouteType type;
  hops_.clear();
  if (!image_.nexthops.resolve(route.path.nexthop_id, hops_, type)) return;
  for (const KernelNextHop& hop : hops_) note_bridge(hop.ifindex);
}

}  // namespace millrace
