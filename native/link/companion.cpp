#include "link/companion.hpp"

#include <netlink/route/link/inet6.h>

#include "link/links.hpp"
#include "link/nl.hpp"
#include "link/offloads.hpp"

namespace millrace {

namespace {

void finish_far_end(const CompanionRequest& request) {
  const auto socket = nl::connect();
  const auto link = nl::get_link(socket.get(), request.far);
  const nl::Link change(rtnl_link_alloc());
  rtnl_link_set_ifalias(change.get(), request.alias.c_str());
  rtnl_link_inet6_set_addr_gen_mode(change.get(), IN6_ADDR_GEN_MODE_NONE);
  nl::check(rtnl_link_change(socket.get(), link.get(), change.get(), 0),
            "configure " + request.far);
  const nl::Link up(rtnl_link_alloc());
  rtnl_link_set_flags(up.get(), IFF_UP);
  nl::check(rtnl_link_change(socket.get(), link.get(), up.get(), 0), "bring up " + request.far);
}

}  // namespace

void create_companion(const CompanionRequest& request) {
  const auto& [near, far, mac, alias, mtu, queues] = request;
  delete_companion(near, mac, alias);
  create_veth({near, mac, far, mac, "", alias, mtu, queues});
  try {
    finish_far_end(request);
    disable_vlan_offload("", near);
  } catch (...) {
    delete_link(near, alias);
    throw;
  }
}

// The kernel takes the alias in a second message; an agent killed in between leaves a link that
// only its name and MAC tell to be ours.
void delete_companion(const std::string& near, const std::string& mac, const std::string& alias) {
  if (delete_link(near, alias)) return;
  for (const LinkInfo& link : list_links())
    if (link.name == near && link.mac == mac && link.alias.empty()) delete_link(near, "");
}

}  // namespace millrace
