#include "link/mirror_routes.hpp"

#include <algorithm>

#include "link/mirror_hash.hpp"

namespace millrace {

template <std::size_t kBytes>
std::uint64_t RouteStore<kBytes>::hash(const RouteKey& key) {
  return mix_bytes(static_cast<std::uint64_t>(key.table) << 8 | key.length, key.prefix);
}

template <std::size_t kBytes>
RouteKey RouteStore<kBytes>::key(std::uint32_t index) const {
  const Route& route = (*this)[index];
  RouteKey key{{}, route.table, route.length};
  std::memcpy(key.prefix.data(), route.prefix.data(), kBytes);
  return key;
}

template <std::size_t kBytes>
bool RouteStore<kBytes>::holds(std::uint32_t index, const RouteKey& key) const {
  const Route& route = (*this)[index];
  return route.length == key.length && route.table == key.table &&
         std::memcmp(route.prefix.data(), key.prefix.data(), kBytes) == 0;
}

// Where the key is, or the empty bucket where it would go.
template <std::size_t kBytes>
std::size_t RouteStore<kBytes>::bucket_of(const RouteKey& key) const {
  const std::size_t mask = buckets_.size() - 1;
  std::size_t bucket = hash(key) & mask;
  while (buckets_[bucket] != kNil && !holds(buckets_[bucket], key)) bucket = (bucket + 1) & mask;
  return bucket;
}

template <std::size_t kBytes>
std::uint32_t RouteStore<kBytes>::allocate() {
  if (!free_.empty()) {
    const std::uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  if (slots_ % kChunk == 0) chunks_.push_back(std::make_unique<Route[]>(kChunk));
  return slots_++;
}

template <std::size_t kBytes>
void RouteStore<kBytes>::put_on_path(std::uint32_t index, std::uint32_t path) {
  Route& route = at(index);
  std::uint32_t& first = paths_.first_route(path);
  route.path = path;
  route.path_previous = kNil;
  route.path_next = first;
  if (first != kNil) at(first).path_previous = index;
  first = index;
}

template <std::size_t kBytes>
void RouteStore<kBytes>::take_off_path(std::uint32_t index) {
  const Route& route = at(index);
  if (route.path_next != kNil) at(route.path_next).path_previous = route.path_previous;
  if (route.path_previous != kNil)
    at(route.path_previous).path_next = route.path_next;
  else
    paths_.first_route(route.path) = route.path_next;
  paths_.release(route.path);
}

template <std::size_t kBytes>
void RouteStore<kBytes>::insert(const RouteKey& key, std::uint32_t metric, const RoutePath& path,
                                Place place) {
  const std::uint32_t index = allocate();
  Route& route = at(index);
  std::memcpy(route.prefix.data(), key.prefix.data(), kBytes);
  route.table = key.table;
  route.length = key.length;
  route.metric = metric;
  put_on_path(index, paths_.acquire(path));
  ++size_;
  if ((prefixes_ + 1) * 4 > buckets_.size() * 3) grow();
  std::uint32_t* link = &buckets_[bucket_of(key)];
  if (*link == kNil) ++prefixes_;
  const auto precedes = [&](const Route& other) {
    return other.metric < metric || (other.metric == metric && place == Place::kAfterEqual);
  };
  while (*link != kNil && precedes(at(*link))) link = &at(*link).next;
  route.next = *link;
  *link = index;
}

// The bucket or the chain member that leads to this route.
template <std::size_t kBytes>
std::uint32_t* RouteStore<kBytes>::link_to(std::uint32_t index) {
  std::uint32_t* link = &buckets_[bucket_of(key(index))];
  while (*link != index) link = &at(*link).next;
  return link;
}

template <std::size_t kBytes>
void RouteStore<kBytes>::erase(std::uint32_t index) {
  const std::size_t bucket = bucket_of(key(index));
  *link_to(index) = at(index).next;
  if (buckets_[bucket] == kNil) {
    --prefixes_;
    close_gap(bucket);
  }
  take_off_path(index);
  free_.push_back(index);
  --size_;
}

template <std::size_t kBytes>
void RouteStore<kBytes>::replace(std::uint32_t index, const RoutePath& path) {
  const std::uint32_t wanted = paths_.acquire(path);
  take_off_path(index);
  put_on_path(index, wanted);
}

// Open addressing without tombstones: what was pushed past the gap moves back into it.
template <std::size_t kBytes>
void RouteStore<kBytes>::close_gap(std::size_t gap) {
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t i = (gap + 1) & mask; buckets_[i] != kNil; i = (i + 1) & mask) {
    const std::size_t home = hash(key(buckets_[i])) & mask;
    if (((i - home) & mask) < ((i - gap) & mask)) continue;
    std::swap(buckets_[gap], buckets_[i]);
    gap = i;
  }
}

template <std::size_t kBytes>
void RouteStore<kBytes>::grow() {
  std::vector<std::uint32_t> old(buckets_.size() * 2, kNil);
  old.swap(buckets_);
  for (const std::uint32_t index : old)
    if (index != kNil) buckets_[bucket_of(key(index))] = index;
}

template class RouteStore<4>;
template class RouteStore<16>;

}  // namespace millrace
