#pragma once
// What routes have in common, stored once: a million routes usually share a few hundred paths. Each
// is counted, and knows the first of the routes on it.
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "link/kernel_mirror_sink.hpp"

namespace millrace {

struct RoutePath {
  KernelRouteType type = KernelRouteType::kUnicast;
  std::uint8_t protocol = 0;
  bool host_scope = false;             // RT_SCOPE_HOST: the kernel keeps it when the link goes down
  std::uint32_t preferred_source = 0;  // IPv4, as in the message; 0: none
  std::uint32_t nexthop_id = 0;        // then hops is empty, they are with the nexthop object
  std::vector<KernelNextHop> hops;
  bool operator==(const RoutePath&) const = default;
};

class PathTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // The index of this path, with one more user. It is valid until the last release().
  std::uint32_t acquire(const RoutePath& path);
  void release(std::uint32_t index);

  const RoutePath& operator[](std::uint32_t index) const { return slots_[index].path; }
  // Never repeats, unlike the index.
  std::uint64_t serial(std::uint32_t index) const { return slots_[index].serial; }
  std::uint32_t& first_route(std::uint32_t index) { return slots_[index].first_route; }
  bool used(std::uint32_t index) const { return slots_[index].users != 0; }
  std::uint32_t end() const { return static_cast<std::uint32_t>(slots_.size()); }

  // Calls visit(index) for each path that goes by nexthop object id.
  template <typename Visit>
  void with_nexthop(std::uint32_t id, Visit visit) const {
    const auto [from, to] = by_nexthop_.equal_range(id);
    std::vector<std::uint32_t> found;  // visit may take paths away
    for (auto i = from; i != to; ++i) found.push_back(i->second);
    for (const std::uint32_t index : found) visit(index);
  }

 private:
  struct Slot {
    RoutePath path;
    std::uint64_t hash = 0;
    std::uint64_t serial = 0;
    std::uint32_t users = 0;
    std::uint32_t first_route = kNone;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;
  std::unordered_multimap<std::uint32_t, std::uint32_t> by_nexthop_;
  std::uint64_t serials_ = 0;
};

}  // namespace millrace
