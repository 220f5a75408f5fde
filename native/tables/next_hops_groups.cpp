// Groups of next hops, and questions about what a number leads to.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tables/next_hops.hpp"

namespace millrace {

// Takes over one reference to each member.
std::uint32_t NextHops::acquire_group(GroupMembers members, std::uint32_t before) {
  if (const auto found = shared_groups_.find(members); found != shared_groups_.end()) {
    for (const GroupMember& member : members) release(member.adjacency);
    hold(found->second->number);
    return found->second->number;
  }
  const std::uint32_t number = allocate(Kind::kGroup, 0);
  auto& group = groups_[number] = std::make_unique<NextHopGroup>();
  group->number = number;
  group->members = std::move(members);
  shared_groups_[group->members] = group.get();
  entry(number).group = group.get();
  link_members(*group, true);
  rebalance(*group, buckets_of(before));
  hold(number);
  return number;
}

void NextHops::link_members(NextHopGroup& group, bool link) {
  for (const GroupMember& member : group.members) {
    Neighbour* const neighbour = entry(member.adjacency).neighbour;
    if (neighbour == nullptr) continue;
    if (link)
      neighbour->groups.push_back(&group);
    else
      std::erase(neighbour->groups, &group);
  }
}

void NextHops::free_group(NextHopGroup& group) {
  link_members(group, false);
  if (group.shared) shared_groups_.erase(group.members);
  const GroupMembers members = std::move(group.members);
  if (group.published) table_.retire(std::move(group.published));
  groups_.erase(group.number);
  for (const GroupMember& member : members) release(member.adjacency);
}

// Traffic goes to the members that can take it: those that are resolved or, when there is none,
// those that may be soon, so that somebody is asked. What is down comes last.
int NextHops::preference(std::uint32_t member) const {
  const Entry& known = entry(member);
  if (!state_of(static_cast<std::uint16_t>(known.id)).up) return 0;
  if (known.kind == Kind::kNeighbour && !known.neighbour->resolved()) return 1;
  return 2;
}

// Who owns which flow of what the number leads to.
Group NextHops::buckets_of(std::uint32_t number) const {
  Group group;
  if (number < kFirstAdjacency) return group;
  const Entry& known = entry(number);
  if (known.kind == Kind::kCounted) return buckets_of(known.id);
  if (known.kind == Kind::kGroup && known.group->published) return *known.group->published;
  if (known.kind != Kind::kGroup) group.buckets.fill(number);
  return group;
}

// start: who owns the buckets of a group that was not published yet.
void NextHops::rebalance(NextHopGroup& group, const Group& start) {
  int best = 0;
  for (const GroupMember& member : group.members)
    best = std::max(best, preference(member.adjacency));
  GroupMembers usable;
  for (const GroupMember& member : group.members)
    if (preference(member.adjacency) == best) usable.push_back(member);
  if (usable.empty()) return;
  auto next = std::make_unique<Group>(group.published ? *group.published : start);
  distribute(*next, usable);
  if (group.published && next->buckets == group.published->buckets) return;
  Adjacency adjacency;
  adjacency.kind = AdjacencyKind::kGroup;
  adjacency.group = next.get();
  table_.publish(group.number, adjacency);
  if (group.published) table_.retire(std::move(group.published));
  group.published = std::move(next);
}

void NextHops::rebalance_around(Neighbour& neighbour) {
  for (NextHopGroup* group : neighbour.groups) rebalance(*group);
}

bool NextHops::behind(std::uint32_t number, std::uint16_t port) const {
  const Entry& known = entry(number);
  const bool has_port =
      known.kind == Kind::kPod || known.kind == Kind::kGlean || known.kind == Kind::kNeighbour;
  return has_port && known.id == port;
}

void NextHops::leave_groups(std::uint16_t index) {
  for (auto& numbered : groups_) {
    const auto& group = numbered.second;
    const auto gone = std::stable_partition(
        group->members.begin(), group->members.end(),
        [&](const GroupMember& member) { return !behind(member.adjacency, index); });
    if (gone == group->members.end()) continue;
    link_members(*group, false);
    GroupMembers kept(group->members.begin(), gone);
    const GroupMembers left(gone, group->members.end());
    if (std::exchange(group->shared, false))
      std::erase_if(shared_groups_, [&](const auto& item) { return item.second == group.get(); });
    group->members = std::move(kept);
    link_members(*group, true);
    rebalance(*group);
    for (const GroupMember& member : left) release(member.adjacency);
  }
}

bool NextHops::leads_nowhere(std::uint32_t number, std::uint16_t gone) const {
  const Entry& known = entry(number);
  if (known.kind == Kind::kCounted) return leads_nowhere(known.id, gone);
  if (known.kind == Kind::kGroup) return known.group->members.empty();
  return behind(number, gone);
}

NextHop NextHops::hop_of(std::uint32_t number) const {
  const Entry& known = entry(number);
  NextHop hop{.port = static_cast<std::uint16_t>(known.id)};
  if (known.kind != Kind::kNeighbour) return hop;
  hop.has_address = true;
  hop.address = known.neighbour->address;
  return hop;
}

NextHops::Description NextHops::describe(std::uint32_t number) const {
  const Entry& known = entry(number);
  if (known.kind == Kind::kCounted) {
    Description inner = describe(known.id);
    inner.counted = true;
    inner.counter = known.counter;
    return inner;
  }
  Description description{.kind = table_[number].kind};
  if (known.kind == Kind::kLeak) description.leak_to = known.id;
  if (known.kind == Kind::kGlean) description.kind = AdjacencyKind::kGlean;  // also when down
  if (known.kind == Kind::kNeighbour) description.kind = AdjacencyKind::kRewrite;
  if (known.kind == Kind::kPod || known.kind == Kind::kGlean || known.kind == Kind::kNeighbour)
    description.hops.push_back(hop_of(number));
  if (known.kind != Kind::kGroup) return description;
  for (const GroupMember& member : known.group->members) {
    description.hops.push_back(hop_of(member.adjacency));
    description.hops.back().weight = member.weight;
  }
  return description;
}

bool NextHops::is_connected(std::uint32_t number, std::uint16_t port) const {
  const Entry& known = entry(number);
  if (known.kind == Kind::kCounted) return is_connected(known.id, port);
  if (known.kind == Kind::kGroup)
    return std::any_of(known.group->members.begin(), known.group->members.end(),
                       [&](const auto& member) { return is_connected(member.adjacency, port); });
  return known.kind == Kind::kGlean && known.id == port;
}

std::optional<std::uint32_t> NextHops::leak_target(std::uint32_t number) const {
  const Entry& known = entry(number);
  if (known.kind == Kind::kCounted) return leak_target(known.id);
  return known.kind == Kind::kLeak ? std::optional(known.id) : std::nullopt;
}

bool NextHops::has_leak_to(std::uint32_t vrf) const {
  const auto found = leaks_.find(vrf);
  return found != leaks_.end() && found->second != kNextHopNone;
}

}  // namespace millrace
