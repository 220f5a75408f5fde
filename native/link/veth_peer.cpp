#include "link/veth_peer.hpp"

#include <linux/if_link.h>

#include <system_error>

#include "link/mirror_attributes.hpp"
#include "link/netdev_message.hpp"

namespace millrace {

namespace {

using LinkAttributes = MirrorAttributes<IFLA_MAX>;

struct Place {
  std::int32_t ifindex = 0;
  std::optional<std::int32_t> netns;  // none: ours
};

template <class Visit>
void ask(NetdevSocket& socket, const Place& place, Visit visit) {
  NetdevMessage request(RTM_GETLINK, place.ifindex);
  request.put(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
  if (place.netns) request.put(IFLA_TARGET_NETNSID, *place.netns);
  socket.ask(request, "look at a veth", [&](const nlmsghdr* message) {
    if (message->nlmsg_type == RTM_NEWLINK) visit(LinkAttributes(message, sizeof(ifinfomsg)));
  });
}

bool is_native(const LinkAttributes& link) {
  const MirrorAttributes<IFLA_XDP_MAX> xdp(link[IFLA_XDP]);
  const std::uint8_t mode = xdp.length(IFLA_XDP_ATTACHED) > 0 ? *xdp.data(IFLA_XDP_ATTACHED)
                                                              : std::uint8_t{XDP_ATTACHED_NONE};
  return mode == XDP_ATTACHED_DRV || mode == XDP_ATTACHED_MULTI;
}

}  // namespace

std::optional<VethPeer> find_veth_peer(NetdevSocket& socket, int ifindex) {
  Place other;
  std::optional<VethPeer> peer;
  try {
    ask(socket, {ifindex, std::nullopt}, [&](const LinkAttributes& link) {
      other.ifindex = static_cast<std::int32_t>(link.u32(IFLA_LINK));
      if (link.has(IFLA_LINK_NETNSID))
        other.netns = static_cast<std::int32_t>(link.u32(IFLA_LINK_NETNSID));
    });
    if (other.ifindex == 0) return std::nullopt;
    ask(socket, other, [&](const LinkAttributes& link) {
      peer = {is_native(link), link.u32(IFLA_MTU)};
    });
  } catch (const std::system_error&) {
    return std::nullopt;  // either end may go at any moment
  }
  return peer;
}

}  // namespace millrace
