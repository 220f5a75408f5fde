#include "link/netdev_change.hpp"

#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>

#include "engine/routing_prefix.hpp"
#include "link/netdev_busy.hpp"
#include "link/netdev_link.hpp"

namespace millrace {

namespace {

std::string on_or_off(const char* what, bool on) {
  return std::string("set ") + what + (on ? " on" : " off");
}

}  // namespace

NetdevChanger::NetdevChanger(NetdevSocket& socket, int ifindex)
    : socket_(socket), link_(get_netdev(socket, ifindex).info) {}

std::string NetdevChanger::named(const std::string& change) const {
  return "interface " + link_.name + ": " + change;
}

void NetdevChanger::send_even_when_busy(NetdevMessage& request, const std::string& change) {
  const auto send = [&] { socket_.ask(request, named(change)); };
  const auto set_link_up = [this](bool up) { set_flag(IFF_UP, up, up ? "bring up" : "take down"); };
  stopping_when_busy(link_.up, send, set_link_up);
}

void NetdevChanger::send_name(const std::string& name) {
  NetdevMessage request(RTM_SETLINK, link_.ifindex);
  request.put_text(IFLA_IFNAME, name);
  send_even_when_busy(request, "rename to " + name);
  link_.name = name;
}

// A name cannot be the first one and an alternative one at a time.
void NetdevChanger::rename(const std::string& name) {
  if (name == link_.name) return;
  const auto& others = link_.alternative_names;
  if (std::find(others.begin(), others.end(), name) == others.end()) return send_name(name);
  remove_alternative_name(socket_, link_.ifindex, name);
  try {
    send_name(name);
  } catch (...) {
    add_alternative_name(socket_, link_.ifindex, name);
    throw;
  }
}

void NetdevChanger::set_mac(const std::string& mac) {
  const Mac address = parse_mac(mac);
  if (to_text(address) == link_.mac) return;
  NetdevMessage request(RTM_SETLINK, link_.ifindex);
  request.put(IFLA_ADDRESS, address.bytes);
  send_even_when_busy(request, "set MAC address " + mac);
}

void NetdevChanger::set_mtu(std::uint32_t mtu) {
  if (mtu == link_.mtu) return;
  NetdevMessage request(RTM_SETLINK, link_.ifindex);
  request.put(IFLA_MTU, mtu);
  socket_.ask(request, named("set MTU " + std::to_string(mtu)));
}

void NetdevChanger::set_up(bool up) {
  if (up != link_.up) set_flag(IFF_UP, up, up ? "bring up" : "take down");
}

void NetdevChanger::set_promisc(bool on) {
  if (on != link_.promisc) set_flag(IFF_PROMISC, on, on_or_off("promiscuous mode", on));
}

void NetdevChanger::set_allmulti(bool on) {
  if (on != link_.allmulti) set_flag(IFF_ALLMULTI, on, on_or_off("all-multicast mode", on));
}

void NetdevChanger::set_flag(unsigned flag, bool on, const std::string& change) {
  NetdevMessage request(RTM_SETLINK, link_.ifindex);
  request.link().ifi_change = flag;
  request.link().ifi_flags = on ? flag : 0;
  socket_.ask(request, named(change));
}

void set_netdev(const std::string& netns, int ifindex, const NetdevChange& change) {
  NetdevSocket socket(netns);
  NetdevChanger changer(socket, ifindex);
  if (change.name) changer.rename(*change.name);
  if (change.mac) changer.set_mac(*change.mac);
  if (change.mtu) changer.set_mtu(*change.mtu);
  if (change.up) changer.set_up(*change.up);
  if (change.promisc) changer.set_promisc(*change.promisc);
  if (change.allmulti) changer.set_allmulti(*change.allmulti);
}

}  // namespace millrace
