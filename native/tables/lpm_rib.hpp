#pragma once
// The routes of one table in order of address and length: a directory of sorted chunks, 13 bytes
// for an IPv4 route and 25 for an IPv6 one plus what chunks leave free. Routes inside a prefix are
// neighbours, and a covering route precedes what it covers. One thread only.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "tables/lpm_chunk.hpp"

namespace millrace {

class LpmRib {
 public:
  explicit LpmRib(std::uint32_t address_bytes) : address_bytes_(address_bytes) {}

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const {
    return directory_.capacity() * sizeof(Entry) + chunks_.capacity() * sizeof(LpmChunk) +
           chunks_.size() * LpmChunk::bytes(address_bytes_);
  }

  // Returns the route that it replaces.
  std::optional<LpmRoute> insert(const LpmRoute& route) {
    const LpmKey key{route.bits, route.length};
    Position at = lower_bound(key);
    if (holds(at, key)) {
      const LpmRoute old = chunk(at).load(at.offset);
      chunk(at).store(at.offset, route);
      return old;
    }
    at = make_room(at);
    chunk(at).insert(at.offset, route);
    if (at.offset == 0) directory_[at.index].first = key;
    ++size_;
    return std::nullopt;
  }

  bool erase(const LpmBits& bits, std::uint32_t length) {
    const Position at = lower_bound({bits, length});
    if (!holds(at, {bits, length})) return false;
    chunk(at).erase(at.offset);
    --size_;
    if (chunk(at).count() == 0)
      remove(at.index);
    else
      shrink(at);
    return true;
  }

  std::optional<LpmRoute> find(const LpmBits& bits, std::uint32_t length) const {
    const Position at = lower_bound({bits, length});
    if (!holds(at, {bits, length})) return std::nullopt;
    return chunk(at).load(at.offset);
  }

  // The longest route around bits/length, that one included. What covers the key and is not its
  // predecessor covers the predecessor too, so the bits they share lead on.
  std::optional<LpmRoute> match(const LpmBits& bits, std::uint32_t length) const {
    LpmKey key{masked(bits, length), length};
    for (std::size_t index = index_of(key); index < directory_.size();) {
      const LpmChunk& routes = chunks_[directory_[index].chunk];
      const std::uint32_t after = routes.lower_bound(key);
      const bool exact = after < routes.count() && routes.key(after) == key;
      if (!exact && after == 0) return std::nullopt;
      const std::uint32_t at = exact ? after : after - 1;
      const LpmKey before = routes.key(at);
      const std::uint32_t common = std::min(common_length(before.bits, key.bits), key.length);
      if (before.length <= common) return routes.load(at);
      key = {masked(key.bits, common), common};
      if (key < directory_[index].first) index = index_of(key);
    }
    return std::nullopt;
  }

  // Calls fn for each route inside bits/length, that one included, in order.
  template <typename Fn>
  void for_each_within(const LpmBits& bits, std::uint32_t length, Fn&& fn) const {
    const LpmBits last = last_of(bits, length);
    Position at = lower_bound({bits, length});
    for (; at.index < directory_.size(); ++at.index, at.offset = 0) {
      for (; at.offset < chunk(at).count(); ++at.offset) {
        const LpmRoute route = chunk(at).load(at.offset);
        if (route.bits > last) return;
        fn(route);
      }
    }
  }

 private:
  struct Entry {
    LpmKey first;
    std::uint32_t chunk;
  };
  struct Position {
    std::size_t index;  // of the directory
    std::uint32_t offset;
  };

  LpmChunk& chunk(const Position& at) { return chunks_[directory_[at.index].chunk]; }
  const LpmChunk& chunk(const Position& at) const { return chunks_[directory_[at.index].chunk]; }

  // The last chunk that begins at key or before, else the first one.
  std::size_t index_of(const LpmKey& key) const {
    const auto after = std::upper_bound(directory_.begin(), directory_.end(), key,
                                        [](const auto& k, const auto& e) { return k < e.first; });
    return after == directory_.begin() ? 0
                                       : static_cast<std::size_t>(after - directory_.begin()) - 1;
  }
  Position lower_bound(const LpmKey& key) const {
    if (directory_.empty()) return {0, 0};
    const std::size_t index = index_of(key);
    return {index, chunks_[directory_[index].chunk].lower_bound(key)};
  }
  bool holds(const Position& at, const LpmKey& key) const {
    return at.index < directory_.size() && at.offset < chunk(at).count() &&
           chunk(at).key(at.offset) == key;
  }

  // Where the route for position `at` goes so that its chunk is not full. Routes that come in
  // order leave full chunks behind.
  Position make_room(Position at) {
    if (directory_.empty()) add(0);
    const std::uint32_t count = chunk(at).count();
    if (count < LpmChunk::kRoutes) return at;
    const bool in_order = at.index + 1 == directory_.size() && at.offset == count;
    const std::uint32_t keep = in_order ? count : count / 2;
    add(at.index + 1);
    LpmChunk& upper = chunk({at.index + 1, 0});
    upper.append(chunk(at), keep);
    if (upper.count() > 0) directory_[at.index + 1].first = upper.key(0);
    if (at.offset < keep || (at.offset == keep && !in_order)) return at;
    return {at.index + 1, at.offset - keep};
  }

  // After an erasure: keeps the directory true, and joins chunks that have become small.
  void shrink(const Position& at) {
    if (at.offset == 0) directory_[at.index].first = chunk(at).key(0);
    for (const std::size_t index : {at.index, at.index - 1}) {  // wraps around below zero
      if (index >= directory_.size() || index + 1 >= directory_.size()) continue;
      LpmChunk& lower = chunk({index, 0});
      LpmChunk& upper = chunk({index + 1, 0});
      if (lower.count() + upper.count() > LpmChunk::kRoutes / 2) continue;
      lower.append(upper, 0);
      return remove(index + 1);
    }
  }

  void add(std::size_t index) {
    const auto number = static_cast<std::uint32_t>(chunks_.size());
    chunks_.emplace_back(address_bytes_);
    directory_.insert(directory_.begin() + static_cast<std::ptrdiff_t>(index), {{}, number});
  }
  // The last chunk takes the number of the removed one, so that numbers stay dense.
  void remove(std::size_t index) {
    const std::uint32_t number = directory_[index].chunk;
    directory_.erase(directory_.begin() + static_cast<std::ptrdiff_t>(index));
    if (number + 1 < chunks_.size()) {
      directory_[index_of(chunks_.back().key(0))].chunk = number;
      chunks_[number] = std::move(chunks_.back());
    }
    chunks_.pop_back();
  }

  const std::uint32_t address_bytes_;
  std::size_t size_ = 0;
  std::vector<Entry> directory_;
  std::vector<LpmChunk> chunks_;
};

}  // namespace millrace
