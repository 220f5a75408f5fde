#pragma once
// The routes of one address family as the kernel has them, in little memory: 32 bytes for a route
// of IPv4 and 44 of IPv6, beside 5 to 11 bytes of hash table. Routes with the same prefix and table
// form a chain in the kernel's order of preference; routes on one path form a list, so that what
// happens to an interface or a nexthop object costs only as much as there are routes affected.
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "link/mirror_paths.hpp"

namespace millrace {

struct RouteKey {
  std::array<std::uint8_t, 16> prefix{};  // IPv4: the first four bytes
  std::uint32_t table = 0;
  std::uint8_t length = 0;
  bool operator==(const RouteKey&) const = default;
};

template <std::size_t kBytes>
class RouteStore {
 public:
  static constexpr std::uint32_t kNil = PathTable::kNone;
  static constexpr bool kIp6 = kBytes == 16;

  struct Route {
    std::array<std::uint8_t, kBytes> prefix;
    std::uint32_t table;
    std::uint32_t metric;
    std::uint32_t path;
    std::uint32_t next;  // the next best of this prefix
    std::uint32_t path_previous;
    std::uint32_t path_next;
    std::uint8_t length;
  };
  enum class Place { kBeforeEqual, kAfterEqual };

  RouteStore() : buckets_(1024, kNil) {}
  RouteStore(RouteStore&&) noexcept = default;
  RouteStore& operator=(RouteStore&&) noexcept = default;

  // The best route of the prefix, kNil for none; the others follow by next().
  std::uint32_t best(const RouteKey& key) const { return buckets_[bucket_of(key)]; }
  const Route& operator[](std::uint32_t index) const {
    return chunks_[index / kChunk][index % kChunk];
  }
  std::uint32_t next(std::uint32_t index) const { return (*this)[index].next; }
  RouteKey key(std::uint32_t index) const;
  const PathTable& paths() const { return paths_; }
  const RoutePath& path(std::uint32_t index) const { return paths_[(*this)[index].path]; }
  std::uint32_t first_on(std::uint32_t path) { return paths_.first_route(path); }
  std::size_t size() const { return size_; }

  void insert(const RouteKey& key, std::uint32_t metric, const RoutePath& path, Place place);
  void erase(std::uint32_t index);
  // Changes the path of a route and leaves its place.
  void replace(std::uint32_t index, const RoutePath& path);

  template <typename Visit>
  void for_each_best(Visit visit) const {
    for (const std::uint32_t index : buckets_)
      if (index != kNil) visit(index);
  }

 private:
  static constexpr std::uint32_t kChunk = 4096;

  Route& at(std::uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  static std::uint64_t hash(const RouteKey& key);
  bool holds(std::uint32_t index, const RouteKey& key) const;
  std::size_t bucket_of(const RouteKey& key) const;
  std::uint32_t* link_to(std::uint32_t index);
  std::uint32_t allocate();
  void put_on_path(std::uint32_t index, std::uint32_t path);
  void take_off_path(std::uint32_t index);
  void grow();
  void close_gap(std::size_t gap);

  PathTable paths_;
  std::vector<std::unique_ptr<Route[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> buckets_;  // the best routes, open addressing, at most 3/4 full
  std::uint32_t slots_ = 0;
  std::size_t prefixes_ = 0;
  std::size_t size_ = 0;
};

extern template class RouteStore<4>;
extern template class RouteStore<16>;

}  // namespace millrace
