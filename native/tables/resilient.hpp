#pragma once
// Which next hop of a group owns which bucket of the flow hash. A flow stays where it is unless its
// own next hop goes (RFC 2992 calls the number of flows that move the disruption): buckets change
// hands one by one, and only those that have to.
#include <cstdint>
#include <span>

#include "tables/adjacency.hpp"

namespace millrace {

struct GroupMember {
  std::uint32_t adjacency = 0;
  std::uint32_t weight = 1;  // at least 1
  auto operator<=>(const GroupMember&) const = default;
};

// Gives every bucket to a member, starting from who owns them now (0: nobody).
// - A member that is gone leaves its buckets; the others keep all of theirs.
// - A new member takes as many buckets as its weight is worth, rounded down, and not one more.
// - A member owns as many buckets as its weight is worth, rounded up or down; a removal may leave
//   one with fewer, because repairing that would move flows that nothing has happened to.
// Members are distinct; there is at least one, and at most kGroupBuckets.
void distribute(Group& group, std::span<const GroupMember> members);

}  // namespace millrace
