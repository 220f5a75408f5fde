#pragma once
// Up to 128 routes of the RIB in order, stored by column: addresses, values, tags, lengths.
#include <cassert>
#include <compare>
#include <cstdint>
#include <cstring>
#include <memory>

#include "tables/lpm_bits.hpp"

namespace millrace {

// What routes are ordered by; a covering prefix comes before what it covers.
struct LpmKey {
  LpmBits bits;
  std::uint32_t length;
  auto operator<=>(const LpmKey&) const = default;
};

class LpmChunk {
 public:
  static constexpr std::uint32_t kRoutes = 128;

  static std::size_t bytes(std::uint32_t address_bytes) { return kRoutes * (address_bytes + 9); }

  explicit LpmChunk(std::uint32_t address_bytes)
      : address_bytes_(address_bytes), columns_(new std::uint8_t[bytes(address_bytes)]) {}

  std::uint32_t count() const { return count_; }

  LpmKey key(std::uint32_t at) const {
    return {load_bits(address(at), address_bytes_), *length(at)};
  }
  LpmRoute load(std::uint32_t at) const {
    assert(at < count_);
    const LpmKey route = key(at);
    return {route.bits, route.length, load_be32(value(at)), load_be32(tag(at))};
  }
  void store(std::uint32_t at, const LpmRoute& route) {
    assert(at < count_);
    store_bits(address(at), route.bits, address_bytes_);
    *length(at) = static_cast<std::uint8_t>(route.length);
    store_be32(value(at), route.value);
    store_be32(tag(at), route.tag);
  }
  // The first route that is not before key.
  std::uint32_t lower_bound(const LpmKey& wanted) const {
    std::uint32_t first = 0, last = count_;
    while (first < last) {
      const std::uint32_t middle = (first + last) / 2;
      if (key(middle) < wanted)
        first = middle + 1;
      else
        last = middle;
    }
    return first;
  }

  void insert(std::uint32_t at, const LpmRoute& route) {
    move(at + 1, *this, at, count_ - at);
    ++count_;
    store(at, route);
  }
  void erase(std::uint32_t at) {
    move(at, *this, at + 1, count_ - at - 1);
    --count_;
  }
  // Takes over the routes of `from`, which follow its own, from offset `at` on.
  void append(LpmChunk& from, std::uint32_t at) {
    move(count_, from, at, from.count_ - at);
    count_ += from.count_ - at;
    from.count_ = at;
  }

 private:
  std::uint8_t* address(std::uint32_t at) const { return &columns_[at * address_bytes_]; }
  std::uint8_t* value(std::uint32_t at) const {
    return &columns_[kRoutes * address_bytes_ + at * 4];
  }
  std::uint8_t* tag(std::uint32_t at) const {
    return &columns_[kRoutes * (address_bytes_ + 4) + at * 4];
  }
  std::uint8_t* length(std::uint32_t at) const {
    return &columns_[kRoutes * (address_bytes_ + 8) + at];
  }
  void move(std::uint32_t to, const LpmChunk& from, std::uint32_t at, std::uint32_t count) {
    if (count == 0) return;
    assert(to + count <= kRoutes);
    std::memmove(address(to), from.address(at), count * address_bytes_);
    std::memmove(value(to), from.value(at), count * 4);
    std::memmove(tag(to), from.tag(at), count * 4);
    std::memmove(length(to), from.length(at), count);
  }

  std::uint32_t address_bytes_;
  std::uint32_t count_ = 0;
  std::unique_ptr<std::uint8_t[]> columns_;
};

}  // namespace millrace
