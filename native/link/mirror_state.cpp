#include "link/mirror_state.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>

namespace millrace {

namespace {

// Brings one object of a map up to date. False when that changes nothing.
template <typename Map, typename Key, typename Value>
bool update(Map& map, const Key& key, const Value& value, bool removed) {
  if (removed) return map.erase(key) != 0;
  const auto [place, added] = map.try_emplace(key, value);
  if (!added && place->second == value) return false;
  place->second = value;
  return true;
}

}  // namespace

bool MirrorState::apply(const nlmsghdr* message, bool late) {
  const int type = message->nlmsg_type;
  switch (type) {
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return apply_route(message, type == RTM_DELROUTE, late);
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      return apply_neighbour(message, type == RTM_DELNEIGH);
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
      return apply_nexthop(message, type == RTM_DELNEXTHOP);
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return apply_link(message, type == RTM_DELLINK);
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return apply_address(message, type == RTM_DELADDR);
    default:
      return false;
  }
}

bool MirrorState::apply_link(const nlmsghdr* message, bool removed) {
  KernelLink link;
  if (!parse_link(message, link)) return false;
  const auto known = image_.links.find(link.ifindex);
  const KernelLink before = known == image_.links.end() ? KernelLink{} : known->second;
  const bool changed = update(image_.links, link.ifindex, link, removed);
  if (changed) note_link(link);
  if (changed && !removed) sink_.on_link(link, false);
  after_link(before, link, removed);
  if (changed && removed) sink_.on_link(link, true);
  return true;
}

bool MirrorState::apply_address(const nlmsghdr* message, bool removed) {
  KernelAddress address;
  if (!parse_address(message, address)) return false;
  if (update(image_.addresses, key_of(address), address, removed))
    sink_.on_address(address, removed);
  if (address.ip6) return true;
  if (removed)
    after_address_removal(address);
  else if (image_.without_ip4.erase(address.ifindex) != 0)
    sync_paths(image_.routes4, address.ifindex, LinkEvent::kUp);
  return true;
}

bool MirrorState::apply_neighbour(const nlmsghdr* message, bool removed) {
  KernelNeighbour neighbour;
  if (note_fdb(message)) return true;
  if (!parse_neighbour(message, neighbour)) return false;
  note_bridge(neighbour.ifindex);
  if (update(image_.neighbours, key_of(neighbour), neighbour, removed))
    sink_.on_neighbour(neighbour, removed);
  return true;
}

bool MirrorState::apply_nexthop(const nlmsghdr* message, bool removed) {
  std::uint32_t id = 0;
  NexthopObject object;
  if (!parse_nexthop(message, id, object)) return false;
  note_bridge(object.hop.ifindex);
  if (removed)
    remove_nexthop(id);
  else
    report_nexthops(image_.nexthops.set(id, object));
  return true;
}

// With a nexthop object the kernel removes all routes that use it; IPv4's without telling.
void MirrorState::remove_nexthop(std::uint32_t id) {
  const NexthopTable::Removal removal = image_.nexthops.remove(id);
  for (const std::uint32_t gone : removal.removed) {
    const auto remove_from = [&](auto& store) {
      store.paths().with_nexthop(gone, [&](std::uint32_t path) { remove_path(store, path); });
    };
    remove_from(image_.routes4);
    remove_from(image_.routes6);
  }
  report_nexthops(removal.changed);
}

void MirrorState::report_nexthops(const Ids& ids) {
  for (const std::uint32_t id : ids) {
    const auto report_of = [&](auto& store) {
      store.paths().with_nexthop(id, [&](std::uint32_t path) { report_path(store, path); });
    };
    report_of(image_.routes4);
    report_of(image_.routes6);
  }
}

// A late event may bring back a route that was replaced by the next one; with IPv6 and with nexthop
// objects it is not always clear by which.
bool MirrorState::apply_route(const nlmsghdr* message, bool removed, bool late) {
  if (!parse_route(message, message_)) return false;
  note_route(message_);
  if (!tables_.empty() && !tables_.contains(message_.key.table)) return true;
  if (late && (message_.flags & NLM_F_REPLACE) != 0)
    doubt_ = doubt_ || message_.ip6 || message_.path.nexthop_id != 0;
  if (message_.ip6)
    change_route(image_.routes6, removed);
  else
    change_route(image_.routes4, removed);
  return true;
}

// Reports when the best route of the prefix is another one than before.
template <std::size_t kBytes>
void MirrorState::change_route(RouteStore<kBytes>& store, bool removed) {
  using Best = std::pair<std::uint64_t, std::uint32_t>;
  const auto best = [&](std::uint32_t index) -> Best {
    if (index == RouteStore<kBytes>::kNil) return {};
    return {store.paths().serial(store[index].path), store[index].metric};
  };
  const Best before = best(store.best(message_.key));
  if (!removed)
    add_route(store, message_);
  else if (!remove_route(store, message_))
    doubt_ = true;
  const std::uint32_t now = store.best(message_.key);
  if (best(now) == before) return;
  if (now == RouteStore<kBytes>::kNil)
    report_removed(kBytes == 16, message_.key);
  else
    report(store, now);
}

}  // namespace millrace
