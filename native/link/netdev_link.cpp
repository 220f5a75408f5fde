#include "link/netdev_link.hpp"

#include <linux/if_link.h>
#include <net/if.h>

#include <cerrno>
#include <system_error>

#include "engine/errors.hpp"
#include "link/mirror_attributes.hpp"

namespace millrace {

namespace {

using LinkAttributes = MirrorAttributes<IFLA_MAX>;

// Of any length: InfiniBand has 20 bytes.
std::string hardware_address(const LinkAttributes& link, int type) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < link.length(type); ++i) {
    const std::uint8_t byte = link.data(type)[i];
    if (i != 0) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string kind_of(const LinkAttributes& link) {
  return MirrorAttributes<IFLA_INFO_MAX>(link[IFLA_LINKINFO]).text(IFLA_INFO_KIND);
}

std::vector<std::string> alternative_names(const nlattr* properties) {
  std::vector<std::string> names;
  if (properties == nullptr) return names;
  int left = 0;
  nlattr* property = nullptr;
  nla_for_each_nested(property, const_cast<nlattr*>(properties), left) {
    if (nla_type(property) != IFLA_ALT_IFNAME) continue;
    const auto* text = static_cast<const char*>(nla_data(property));
    names.emplace_back(text, ::strnlen(text, static_cast<std::size_t>(nla_len(property))));
  }
  return names;
}

NetdevInfo info_of(const ifinfomsg& header, const LinkAttributes& link) {
  constexpr unsigned kRunning = IFF_UP | IFF_RUNNING;
  NetdevInfo info;
  info.ifindex = header.ifi_index;
  info.name = link.text(IFLA_IFNAME);
  info.alternative_names = alternative_names(link[IFLA_PROP_LIST]);
  info.mac = hardware_address(link, IFLA_ADDRESS);
  info.permanent_mac = hardware_address(link, IFLA_PERM_ADDRESS);
  info.mtu = link.u32(IFLA_MTU);
  info.up = (header.ifi_flags & IFF_UP) != 0;
  info.carrier = (header.ifi_flags & kRunning) == kRunning && link.length(IFLA_CARRIER) > 0 &&
                 *link.data(IFLA_CARRIER) != 0;
  info.promisc = (header.ifi_flags & IFF_PROMISC) != 0;
  info.allmulti = (header.ifi_flags & IFF_ALLMULTI) != 0;
  return info;
}

NetdevLink get(NetdevSocket& socket, NetdevMessage& request, const std::string& what) {
  std::optional<NetdevLink> link;
  request.put(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
  socket.ask(request, what, [&](const nlmsghdr* message) { link = parse_netdev(message); });
  if (!link) throw_errno(what, ENODEV);
  return *std::move(link);
}

void change_names(NetdevSocket& socket, std::uint16_t type, int ifindex, const std::string& name,
                  const std::string& what) {
  NetdevMessage request(type, ifindex);
  request.nest(IFLA_PROP_LIST, [&] { request.put_text(IFLA_ALT_IFNAME, name); });
  socket.ask(request, what + " alternative name " + name);
}

}  // namespace

std::optional<NetdevLink> parse_netdev(const nlmsghdr* message) {
  const auto* header = fixed_header<ifinfomsg>(message);
  if (header == nullptr || message->nlmsg_type != RTM_NEWLINK) return std::nullopt;
  const LinkAttributes link(message, sizeof(*header));
  return NetdevLink{info_of(*header, link), kind_of(link), link.text(IFLA_PARENT_DEV_BUS_NAME),
                    link.text(IFLA_PARENT_DEV_NAME), link.text(IFLA_PHYS_PORT_NAME)};
}

NetdevLink get_netdev(NetdevSocket& socket, int ifindex) {
  NetdevMessage request(RTM_GETLINK, ifindex);
  return get(socket, request, "interface with index " + std::to_string(ifindex));
}

std::optional<NetdevLink> get_netdev_named(NetdevSocket& socket, const std::string& name) {
  NetdevMessage request(RTM_GETLINK);
  request.put_text(name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  try {
    return get(socket, request, "interface " + name);
  } catch (const std::system_error& failure) {
    if (failure.code().value() == ENODEV) return std::nullopt;
    throw;
  }
}

void add_alternative_name(NetdevSocket& socket, int ifindex, const std::string& name) {
  change_names(socket, RTM_NEWLINKPROP, ifindex, name, "add");
}

void remove_alternative_name(NetdevSocket& socket, int ifindex, const std::string& name) {
  change_names(socket, RTM_DELLINKPROP, ifindex, name, "remove");
}

}  // namespace millrace
