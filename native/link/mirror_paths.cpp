#include "link/mirror_paths.hpp"

#include "link/mirror_hash.hpp"

namespace millrace {

namespace {

std::uint64_t hash_of(const RoutePath& path) {
  std::uint64_t hash = mix(static_cast<std::uint64_t>(path.type) | path.protocol << 8 |
                           static_cast<std::uint64_t>(path.host_scope) << 16);
  hash = mix(hash ^ path.preferred_source);
  hash = mix(hash ^ path.nexthop_id);
  for (const KernelNextHop& hop : path.hops) {
    hash = mix(hash ^ (static_cast<std::uint64_t>(hop.ifindex) << 32 | hop.weight));
    hash = mix_bytes(hash, hop.gateway);
  }
  return hash;
}

template <typename Map, typename Key>
void erase_one(Map& map, const Key& key, std::uint32_t value) {
  const auto [from, to] = map.equal_range(key);
  for (auto i = from; i != to; ++i)
    if (i->second == value) {
      map.erase(i);
      return;
    }
}

}  // namespace

std::uint32_t PathTable::acquire(const RoutePath& path) {
  const std::uint64_t hash = hash_of(path);
  const auto [from, to] = by_hash_.equal_range(hash);
  for (auto i = from; i != to; ++i)
    if (slots_[i->second].path == path) {
      ++slots_[i->second].users;
      return i->second;
    }
  if (free_.empty()) {
    free_.push_back(end());
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  slots_[index] = {path, hash, ++serials_, 1, kNone};
  by_hash_.emplace(hash, index);
  if (path.nexthop_id != 0) by_nexthop_.emplace(path.nexthop_id, index);
  return index;
}

void PathTable::release(std::uint32_t index) {
  Slot& slot = slots_[index];
  if (--slot.users != 0) return;
  erase_one(by_hash_, slot.hash, index);
  if (slot.path.nexthop_id != 0) erase_one(by_nexthop_, slot.path.nexthop_id, index);
  slot.path = {};
  free_.push_back(index);
}

}  // namespace millrace
