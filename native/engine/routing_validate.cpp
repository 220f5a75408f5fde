// Whether changes make sense, against the tables and within the batch. Nothing is changed here.
#include <set>
#include <stdexcept>

#include "engine/routing.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kMaxWeight = 256;  // rtnh_hops of the kernel is a byte

[[noreturn]] void refuse(const Prefix& prefix, const std::string& why) {
  throw std::invalid_argument("route " + to_text(prefix) + ": " + why);
}

std::string to_text(const NextHop& hop) {
  const std::string port = "port " + std::to_string(hop.port);
  return hop.has_address ? "next hop " + millrace::to_text(hop.address) + " of " + port
                         : "next hop " + port;
}

void check_address(const Prefix& prefix, const NextHop& hop, const NextHopPort& port) {
  if (!hop.has_address) return;
  if (hop.address.is_unspecified() || hop.address.is_multicast())
    refuse(prefix, to_text(hop) + " is not the address of a host");
  // The reverse is common: IPv4 prefixes with IPv6 next hops, RFC 8950. In an overlay next hops are
  // VTEPs, of whatever family the underlay is.
  if (prefix.ip6() && !hop.address.ip6 && !port.tunnel)
    refuse(prefix, to_text(hop) + " is not an IPv6 address");
}

}  // namespace

void Routing::check_next_hops(const Network& network, const RouteChange& change) const {
  const auto& hops = change.next_hops;
  if (change.type != RouteType::kUnicast) {
    if (!hops.empty()) refuse(change.prefix, "only a unicast route has next hops");
    return;
  }
  if (hops.empty()) refuse(change.prefix, "a unicast route needs a next hop");
  if (hops.size() > kGroupBuckets)
    refuse(change.prefix, std::to_string(hops.size()) + " next hops; at most " +
                              std::to_string(kGroupBuckets) + " are possible");
  std::set<std::pair<std::uint16_t, IpAddress>> seen;
  for (const NextHop& hop : hops) {
    const NextHopPort* port = next_hops_.port(hop.port);
    if (port == nullptr) refuse(change.prefix, "there is no port " + std::to_string(hop.port));
    if (port->vrf_id != network.fib.vrf().id)
      refuse(change.prefix, to_text(hop) + " belongs to network " + std::to_string(port->vrf_id));
    check_address(change.prefix, hop, *port);
    if (hop.weight < 1 || hop.weight > kMaxWeight)
      refuse(change.prefix, to_text(hop) + " has weight " + std::to_string(hop.weight) + "; 1 to " +
                                std::to_string(kMaxWeight) + " are possible");
    if (!seen.emplace(hop.port, hop.address).second)
      refuse(change.prefix, to_text(hop) + " appears twice");
  }
}

void Routing::check_change(const Network& network, const RouteChange& change) const {
  const Prefix& prefix = change.prefix;
  if (prefix.length > prefix.address.bits())
    refuse(prefix, "the length is at most " + std::to_string(prefix.address.bits()));
  if (prefix.has_host_bits())
    refuse(prefix,
           "has host bits set; " + millrace::to_text(prefix.shortened(prefix.length)) + " has not");
  if (change.op == ChangeOp::kDelete) return;
  check_next_hops(network, change);
  if (change.type != RouteType::kLeak) return;
  if (!networks_.contains(change.leak_to))
    refuse(prefix, "there is no routed network " + std::to_string(change.leak_to) + " to leak to");
  if (change.leak_to == network.fib.vrf().id) refuse(prefix, "leaks into its own network");
}

Routing::Outcome Routing::validate(const Network& network,
                                   std::span<const RouteChange> changes) const {
  Outcome outcome;
  for (const RouteChange& change : changes) {
    const Prefix& prefix = change.prefix;
    const bool pod = change.source == RouteSource::kPod;
    if (!pod && change.source != RouteSource::kStatic)
      refuse(prefix, "only pod and static routes are changed this way");
    if (change.type == RouteType::kLocal || change.type == RouteType::kConnected)
      refuse(prefix, "local and connected routes cannot be configured");
    check_change(network, change);
    const auto [last, first] = outcome.try_emplace({prefix, change.source}, &change);
    const bool exists = first ? network.fib.find(prefix, change.source).has_value()
                              : last->second->op != ChangeOp::kDelete;
    const char* const source = pod ? "pod" : "static";
    if (change.op == ChangeOp::kAdd && exists)
      refuse(prefix, std::string("there is a ") + source + " route already");
    if (change.op == ChangeOp::kDelete && !exists)
      refuse(prefix, std::string("there is no ") + source + " route");
    last->second = &change;
  }
  check_leaks(network, outcome);
  return outcome;
}

// Whether, after the batch, the route that decides for all of a prefix is a leak.
bool Routing::leaks_on(const Network& network, const Outcome& outcome, const Prefix& prefix) const {
  constexpr std::array kSources = {RouteSource::kLocal, RouteSource::kPod, RouteSource::kStatic,
                                   RouteSource::kKernel, RouteSource::kNeighbour};
  for (std::uint32_t bits = prefix.length + 1; bits-- > 0;) {
    const Prefix around = prefix.shortened(bits);
    for (const RouteSource source : kSources) {
      const auto change = outcome.find({around, source});
      if (change != outcome.end() && change->second->op == ChangeOp::kDelete) continue;
      if (change != outcome.end()) return change->second->type == RouteType::kLeak;
      if (const auto route = network.fib.find(around, source))
        return next_hops_.leak_target(route->value).has_value();
    }
  }
  return false;
}

// A leak that leads to a leak would be a circle sooner or later.
void Routing::check_leaks(const Network& network, const Outcome& outcome) const {
  bool leaks = false;
  for (const auto& [key, change] : outcome) {
    if (change->op == ChangeOp::kDelete || change->type != RouteType::kLeak) continue;
    leaks = true;
    if (leaks_on(network_of(change->leak_to), {}, key.first))
      refuse(key.first, "network " + std::to_string(change->leak_to) + " leaks it on");
  }
  const std::uint32_t id = network.fib.vrf().id;
  if (!leaks || !next_hops_.has_leak_to(id)) return;
  for (const auto& item : networks_) {
    const Network& other = item.second;
    other.fib.walk_all([&](const Prefix& prefix, const FibRoute& route) {
      if (next_hops_.leak_target(route.value) == id && leaks_on(network, outcome, prefix))
        refuse(prefix, "network " + std::to_string(other.fib.vrf().id) +
                           " leaks it here, so that it cannot be leaked on");
    });
  }
}

void Routing::check_neighbours(const Network& network, std::span<const NeighbourChange> changes) {
  std::map<std::pair<std::uint16_t, IpAddress>, bool> exists;
  for (const NeighbourChange& change : changes) {
    const std::string name = "neighbour " + millrace::to_text(change.address) + " of port " +
                             std::to_string(change.port) + ": ";
    const auto check = [&](bool good, const std::string& otherwise) {
      if (!good) throw std::invalid_argument(name + otherwise);
    };
    const NextHopPort* port = next_hops_.port(change.port);
    check(port != nullptr && port->vrf_id == network.fib.vrf().id, "the network has no such port");
    check(port->uplink, "only uplinks have neighbours");
    check(!change.address.is_unspecified() && !change.address.is_multicast(),
          "not the address of a host");
    const Neighbour* known = next_hops_.neighbour(change.port, change.address);
    const auto at =
        exists.try_emplace({change.port, change.address}, known != nullptr && known->has_static_mac)
            .first;
    check(change.op != ChangeOp::kAdd || !at->second, "exists already");
    check(change.op != ChangeOp::kDelete || at->second, "does not exist");
    at->second = change.op != ChangeOp::kDelete;
    check(!at->second || (change.mac != Mac{} && (change.mac.bytes[0] & 1) == 0),
          "MAC " + millrace::to_text(change.mac) + " is not that of a host");
  }
}

}  // namespace millrace
