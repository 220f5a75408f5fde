#pragma once
// The kernel's nexthop objects (ip nexthop) and groups of them, so that a route that names only an
// id has next hops.
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "link/kernel_mirror_sink.hpp"

namespace millrace {

struct NexthopObject {
  KernelRouteType type = KernelRouteType::kUnicast;  // or kBlackhole, kOther (encapsulated)
  KernelNextHop hop;                                 // of a single one
  std::vector<std::pair<std::uint32_t, std::uint32_t>> group;  // ids and weights
  bool operator==(const NexthopObject&) const = default;
};

class NexthopTable {
 public:
  // Each change returns the ids whose meaning has changed: the object's own and those of its
  // groups.
  using Ids = std::vector<std::uint32_t>;
  Ids set(std::uint32_t id, const NexthopObject& object);
  // Takes the object out of its groups; a group without members goes, too. The removed ids in
  // front.
  struct Removal {
    Ids removed;
    Ids changed;
  };
  Removal remove(std::uint32_t id);

  // Single objects through this interface.
  Ids through(std::int32_t ifindex) const;
  // Appends the next hops of id and tells how it forwards. False when there is no such object.
  bool resolve(std::uint32_t id, std::vector<KernelNextHop>& hops, KernelRouteType& type) const;
  bool operator==(const NexthopTable&) const = default;
  std::size_t size() const { return objects_.size(); }
  // Ids that the two tables do not agree on, groups of these included.
  Ids differences(const NexthopTable& other) const;

 private:
  Ids with_groups(std::uint32_t id) const;
  std::map<std::uint32_t, NexthopObject> objects_;
};

}  // namespace millrace
