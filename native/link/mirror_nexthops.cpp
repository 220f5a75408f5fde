#include "link/mirror_nexthops.hpp"

#include <algorithm>

namespace millrace {

// Groups are few and not nested, so they are looked through rather than indexed.
NexthopTable::Ids NexthopTable::with_groups(std::uint32_t id) const {
  Ids ids{id};
  for (const auto& [other, object] : objects_)
    if (std::any_of(object.group.begin(), object.group.end(),
                    [id](const auto& member) { return member.first == id; }))
      ids.push_back(other);
  return ids;
}

NexthopTable::Ids NexthopTable::set(std::uint32_t id, const NexthopObject& object) {
  const auto [place, added] = objects_.try_emplace(id, object);
  if (!added && place->second == object) return {};
  place->second = object;
  return with_groups(id);
}

NexthopTable::Removal NexthopTable::remove(std::uint32_t id) {
  if (objects_.erase(id) == 0) return {};
  Removal result{{id}, {}};
  for (auto i = objects_.begin(); i != objects_.end();) {
    auto& group = i->second.group;
    if (std::erase_if(group, [id](const auto& member) { return member.first == id; }) == 0) {
      ++i;
      continue;
    }
    (group.empty() ? result.removed : result.changed).push_back(i->first);
    i = group.empty() ? objects_.erase(i) : std::next(i);
  }
  return result;
}

NexthopTable::Ids NexthopTable::through(std::int32_t ifindex) const {
  Ids ids;
  for (const auto& [id, object] : objects_)
    if (object.group.empty() && object.type != KernelRouteType::kBlackhole &&
        object.hop.ifindex == ifindex)
      ids.push_back(id);
  return ids;
}

bool NexthopTable::resolve(std::uint32_t id, std::vector<KernelNextHop>& hops,
                           KernelRouteType& type) const {
  const auto found = objects_.find(id);
  if (found == objects_.end()) return false;
  const auto add = [&](const NexthopObject& single, std::uint32_t weight) {
    type = single.type;
    if (type == KernelRouteType::kBlackhole) return;  // in a group it is the only member
    hops.push_back(single.hop);
    hops.back().weight = weight;
  };
  if (found->second.group.empty()) add(found->second, 1);
  for (const auto& [member, weight] : found->second.group)
    if (const auto single = objects_.find(member); single != objects_.end())
      add(single->second, weight);
  return true;
}

NexthopTable::Ids NexthopTable::differences(const NexthopTable& other) const {
  Ids ids;
  const auto compare = [&](const NexthopTable& one, const NexthopTable& two) {
    for (const auto& [id, object] : one.objects_) {
      const auto found = two.objects_.find(id);
      if (found != two.objects_.end() && found->second == object) continue;
      const Ids affected = one.with_groups(id);
      ids.insert(ids.end(), affected.begin(), affected.end());
    }
  };
  compare(*this, other);
  compare(other, *this);
  return ids;
}

}  // namespace millrace
