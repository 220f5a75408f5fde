#pragma once
// Cuts a set of nested routes into the disjoint ranges that a node of the FIB consists of.
#include <array>
#include <cstdint>
#include <span>

#include "tables/lpm_bits.hpp"

namespace millrace {

// Routes of one prefix in order; those inside [first_bit, first_bit + bits) are looked at.
struct LpmWindow {
  std::span<const LpmRoute> routes;
  std::uint32_t first_bit;
  std::uint32_t bits;       // 1 to 32
  std::uint32_t inherited;  // value where no route is
};

// Calls emit(key, entry) in ascending order of key for each place where another entry begins; of
// several calls with one key the last one holds. What is longer than the window is one key wide:
// child(routes, inherited) gives its entry.
template <typename Emit, typename Child>
void cut_into_ranges(const LpmWindow& window, Emit&& emit, Child&& child) {
  struct Open {
    std::uint64_t end;
    std::uint32_t value;
  };
  const std::uint64_t limit = std::uint64_t{1} << window.bits;
  const std::uint32_t end_bit = window.first_bit + window.bits;
  const auto key_of = [&](std::size_t i) {
    return slice(window.routes[i].bits, window.first_bit, window.bits);
  };
  std::array<Open, 34> open;
  open[0] = {limit, window.inherited};
  std::size_t top = 0;
  const auto close_until = [&](std::uint64_t key) {
    while (top > 0 && open[top].end <= key) {
      const std::uint64_t end = open[top--].end;
      if (end < limit) emit(end, open[top].value);
    }
  };
  emit(std::uint64_t{0}, window.inherited);
  for (std::size_t i = 0; i < window.routes.size();) {
    const LpmRoute& route = window.routes[i];
    const std::uint64_t key = key_of(i);
    close_until(key);
    if (route.length <= end_bit) {
      emit(key, route.value);
      open[++top] = {key + (std::uint64_t{1} << (end_bit - route.length)), route.value};
      ++i;
      continue;
    }
    const std::size_t first = i;
    while (i < window.routes.size() && key_of(i) == key) ++i;
    emit(key, child(window.routes.subspan(first, i - first), open[top].value));
    if (key + 1 < limit) emit(key + 1, open[top].value);
  }
  close_until(limit);
}

// Ranges for a bucket, merged where neighbours are equal.
class LpmRanges {
 public:
  static constexpr std::uint32_t kMost = 16;

  void add(std::uint64_t key, std::uint32_t entry) {
    if (count_ > 0 && starts_[count_ - 1] == key) --count_;
    if (count_ > 0 && entries_[count_ - 1] == entry) return;
    if (count_ > kMost) {
      overflow_ = true;
      return;
    }
    starts_[count_] = static_cast<std::uint32_t>(key);
    entries_[count_++] = entry;
  }
  bool fit() const { return !overflow_ && count_ <= kMost; }
  std::uint32_t count() const { return count_; }
  std::uint32_t start(std::uint32_t i) const { return starts_[i]; }
  std::uint32_t entry(std::uint32_t i) const { return entries_[i]; }

 private:
  bool overflow_ = false;
  std::uint32_t count_ = 0;
  std::array<std::uint32_t, kMost + 1> starts_;
  std::array<std::uint32_t, kMost + 1> entries_;
};

}  // namespace millrace
