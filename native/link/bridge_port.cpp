#include "link/bridge_port.hpp"

#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/route/link/inet6.h>

#include <cerrno>
#include <initializer_list>

#include "link/bridge_entries.hpp"

namespace millrace {

namespace {

constexpr std::initializer_list<const char*> kKinds = {"dummy", "ifb"};
// A bridge takes the lowest address of its ports for its own, which must not change.
constexpr const char* kHighMac = "fe:ff:ff:ff:ff:fe";

nl::Link find(nl_sock* socket, const std::string& name) {
  rtnl_link* link = nullptr;
  return nl::Link(rtnl_link_get_kernel(socket, 0, name.c_str(), &link) < 0 ? nullptr : link);
}

std::string text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

// The alias can only be given afterwards, so a device of ours may lack it after a crash; it is then
// in no bridge yet.
bool is_ours(rtnl_link* link, const BridgePortRequest& request) {
  const std::string alias = text_or_empty(rtnl_link_get_ifalias(link));
  const std::string kind = text_or_empty(rtnl_link_get_type(link));
  if (alias == request.alias) return true;
  return alias.empty() && rtnl_link_get_master(link) == 0 && (kind == "dummy" || kind == "ifb");
}

void create(nl_sock* socket, const std::string& name) {
  int result = -NLE_OPNOTSUPP;
  for (const char* kind : kKinds) {
    const nl::Link link(rtnl_link_alloc());
    rtnl_link_set_name(link.get(), name.c_str());
    rtnl_link_set_type(link.get(), kind);
    rtnl_link_set_addr(link.get(), nl::parse_address(kHighMac).get());
    result = rtnl_link_add(socket, link.get(), NLM_F_CREATE | NLM_F_EXCL);
    if (result != -NLE_OPNOTSUPP) break;
  }
  nl::check(result, "create " + name + " of kind dummy or ifb");
}

void change(nl_sock* socket, rtnl_link* link, rtnl_link* to, const std::string& what) {
  nl::check(rtnl_link_change(socket, link, to, 0), what);
}

void configure(nl_sock* socket, rtnl_link* link, const BridgePortRequest& request, int bridge) {
  const nl::Link marked(rtnl_link_alloc());
  rtnl_link_set_ifalias(marked.get(), request.alias.c_str());
  rtnl_link_inet6_set_addr_gen_mode(marked.get(), IN6_ADDR_GEN_MODE_NONE);
  change(socket, link, marked.get(), "mark " + request.name);
  if (rtnl_link_get_master(link) != bridge)
    nl::check(rtnl_link_enslave_ifindex(socket, bridge, rtnl_link_get_ifindex(link)),
              "make " + request.name + " a port of " + request.bridge);
  const nl::Link up(rtnl_link_alloc());
  rtnl_link_set_flags(up.get(), IFF_UP);
  change(socket, link, up.get(), "bring up " + request.name);
}

void keep_quiet(nl_sock* socket, int ifindex, const std::string& name) {
  const std::unique_ptr<nl_msg, nl::Deleter<nlmsg_free>> message(
      nlmsg_alloc_simple(RTM_SETLINK, 0));
  ifinfomsg header{};
  header.ifi_family = AF_BRIDGE;
  header.ifi_index = ifindex;
  if (!message || nlmsg_append(message.get(), &header, sizeof(header), NLMSG_ALIGNTO) < 0)
    throw_errno("write a netlink message", ENOMEM);
  nlattr* port = nla_nest_start(message.get(), IFLA_PROTINFO | NLA_F_NESTED);
  for (const int option : {IFLA_BRPORT_LEARNING, IFLA_BRPORT_UNICAST_FLOOD, IFLA_BRPORT_MCAST_FLOOD,
                           IFLA_BRPORT_BCAST_FLOOD})
    nl::check(nla_put_u8(message.get(), option, 0), "write a netlink message");
  nla_nest_end(message.get(), port);
  nlmsg_get(message.get());  // nl_send_sync() gives one reference up
  nl::check(nl_send_sync(socket, message.get()), "keep traffic off bridge port " + name);
}

}  // namespace

BridgePort ensure_bridge_port(const BridgePortRequest& request) {
  const auto socket = nl::connect();
  const int bridge = ifindex_of(request.bridge);
  nl::Link link = find(socket.get(), request.name);
  const bool made = !link;
  if (link && !is_ours(link.get(), request))
    throw_errno("interface " + request.name + " is not ours: rename or remove it", EEXIST);
  if (made) {
    create(socket.get(), request.name);
    link = nl::get_link(socket.get(), request.name);
  }
  const int ifindex = rtnl_link_get_ifindex(link.get());
  try {
    configure(socket.get(), link.get(), request, bridge);
    keep_quiet(socket.get(), ifindex, request.name);
  } catch (...) {
    if (made) (void)rtnl_link_delete(socket.get(), link.get());
    throw;
  }
  return {ifindex, text_or_empty(rtnl_link_get_type(link.get()))};
}

}  // namespace millrace
