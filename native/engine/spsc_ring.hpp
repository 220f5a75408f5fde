#pragma once
// A bounded queue between one producer and one consumer thread, without locks: what crosses between
// two workers, or between a worker and the control side.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

namespace millrace {

template <class Item>
class SpscRing {
 public:
  // capacity: a power of two.
  explicit SpscRing(std::uint32_t capacity) : items_(capacity), mask_(capacity - 1) {}

  // Producer. Takes the first n items and returns n.
  std::uint32_t push(const Item* items, std::uint32_t count) {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    if (capacity() - (head - cached_tail_) < count)
      cached_tail_ = tail_.load(std::memory_order_acquire);
    const std::uint32_t n = std::min(count, capacity() - (head - cached_tail_));
    for (std::uint32_t i = 0; i < n; ++i) items_[(head + i) & mask_] = items[i];
    head_.store(head + n, std::memory_order_release);
    return n;
  }
  bool push(const Item& item) { return push(&item, 1) == 1; }

  // Consumer. Returns how many were taken.
  std::uint32_t pop(Item* items, std::uint32_t max) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (cached_head_ == tail) cached_head_ = head_.load(std::memory_order_acquire);
    const std::uint32_t n = std::min(max, cached_head_ - tail);
    for (std::uint32_t i = 0; i < n; ++i) items[i] = items_[(tail + i) & mask_];
    tail_.store(tail + n, std::memory_order_release);
    return n;
  }

  // Any thread.
  bool empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }
  std::uint32_t capacity() const { return mask_ + 1; }

 private:
  std::vector<Item> items_;
  const std::uint32_t mask_;
  alignas(64) std::atomic<std::uint32_t> head_{0};
  std::uint32_t cached_tail_ = 0;
  alignas(64) std::atomic<std::uint32_t> tail_{0};
  std::uint32_t cached_head_ = 0;
};

}  // namespace millrace
