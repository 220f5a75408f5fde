// Links, addresses and neighbours.
#include "link/mirror_parse.hpp"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "link/mirror_attributes.hpp"

namespace millrace {

namespace {

bool is_ip(std::uint8_t family) {
  return family == AF_INET || family == AF_INET6;
}

void read_kind(const nlattr* info, KernelLink& link) {
  const MirrorAttributes<IFLA_INFO_MAX> attributes(info);
  link.kind = attributes.text(IFLA_INFO_KIND);
  if (link.kind != "vrf") return;
  const MirrorAttributes<IFLA_VRF_MAX> vrf(attributes[IFLA_INFO_DATA]);
  link.vrf_table = vrf.u32(IFLA_VRF_TABLE);
}

}  // namespace

bool KernelNeighbour::usable() const {
  return has_mac && (state & (NUD_FAILED | NUD_INCOMPLETE)) == 0 && state != NUD_NONE;
}

// Messages of family AF_BRIDGE tell of a bridge's ports, not of the link.
bool parse_link(const nlmsghdr* message, KernelLink& link) {
  const auto* header = fixed_header<ifinfomsg>(message);
  if (header == nullptr || header->ifi_family != AF_UNSPEC) return false;
  const MirrorAttributes<IFLA_MAX> attributes(message, sizeof(*header));
  if (!attributes.ok()) return false;
  link = {};
  link.ifindex = header->ifi_index;
  link.name = attributes.text(IFLA_IFNAME);
  link.admin_up = (header->ifi_flags & IFF_UP) != 0;
  link.carrier = (header->ifi_flags & (IFF_LOWER_UP | IFF_RUNNING)) != 0;
  link.up = link.admin_up && (header->ifi_flags & IFF_LOWER_UP) != 0;
  link.loopback = (header->ifi_flags & IFF_LOOPBACK) != 0;
  link.mtu = attributes.u32(IFLA_MTU);
  if (attributes.length(IFLA_ADDRESS) == 6) attributes.copy(IFLA_ADDRESS, link.mac.bytes);
  link.master = static_cast<std::int32_t>(attributes.u32(IFLA_MASTER));
  link.rx_queues = attributes.u32(IFLA_NUM_RX_QUEUES);
  if (attributes.has(IFLA_LINKINFO)) read_kind(attributes[IFLA_LINKINFO], link);
  return true;
}

bool parse_address(const nlmsghdr* message, KernelAddress& address) {
  const auto* header = fixed_header<ifaddrmsg>(message);
  if (header == nullptr || !is_ip(header->ifa_family)) return false;
  const MirrorAttributes<IFA_MAX> attributes(message, sizeof(*header));
  if (!attributes.ok()) return false;
  address = {};
  address.ifindex = static_cast<std::int32_t>(header->ifa_index);
  address.ip6 = header->ifa_family == AF_INET6;
  address.length = header->ifa_prefixlen;
  // Of a point-to-point link IFA_ADDRESS is the peer's.
  if (!attributes.copy(IFA_LOCAL, address.address)) attributes.copy(IFA_ADDRESS, address.address);
  const std::uint32_t flags = attributes.u32(IFA_FLAGS, header->ifa_flags);
  address.tentative = address.ip6 && (flags & IFA_F_OPTIMISTIC) == 0 &&
                      (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
  return true;
}

// Other families are the bridges' tables; NTF_PROXY entries are addresses to answer for.
bool parse_neighbour(const nlmsghdr* message, KernelNeighbour& neighbour) {
  const auto* header = fixed_header<ndmsg>(message);
  if (header == nullptr || !is_ip(header->ndm_family) || (header->ndm_flags & NTF_PROXY) != 0)
    return false;
  const MirrorAttributes<NDA_MAX> attributes(message, sizeof(*header));
  if (!attributes.ok() || !attributes.has(NDA_DST)) return false;
  neighbour = {};
  neighbour.ifindex = header->ndm_ifindex;
  neighbour.ip6 = header->ndm_family == AF_INET6;
  attributes.copy(NDA_DST, neighbour.address);
  neighbour.has_mac = attributes.length(NDA_LLADDR) == 6;
  if (neighbour.has_mac) attributes.copy(NDA_LLADDR, neighbour.mac.bytes);
  neighbour.state = header->ndm_state;
  neighbour.router = (header->ndm_flags & NTF_ROUTER) != 0;
  return true;
}

}  // namespace millrace
