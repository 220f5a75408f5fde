#include "engine/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <thread>

namespace millrace {

namespace {

std::vector<int> pop_all(SpscRing<int>& ring, std::uint32_t max = 64) {
  std::vector<int> items(max);
  items.resize(ring.pop(items.data(), max));
  return items;
}

TEST(SpscRingTest, GivesBackWhatCameInInTheSameOrder) {
  SpscRing<int> ring(8);
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.push(std::array{1, 2, 3}.data(), 3), 3u);
  EXPECT_TRUE(ring.push(4));
  EXPECT_FALSE(ring.empty());
  EXPECT_EQ(pop_all(ring, 2), (std::vector{1, 2}));
  EXPECT_EQ(pop_all(ring), (std::vector{3, 4}));
  EXPECT_TRUE(ring.empty());
  EXPECT_TRUE(pop_all(ring).empty());
}

TEST(SpscRingTest, TakesTheFirstItemsWhenNotAllFit) {
  SpscRing<int> ring(4);
  EXPECT_EQ(ring.push(std::array{1, 2, 3}.data(), 3), 3u);
  EXPECT_EQ(ring.push(std::array{4, 5, 6}.data(), 3), 1u);
  EXPECT_FALSE(ring.push(7));
  EXPECT_EQ(pop_all(ring), (std::vector{1, 2, 3, 4}));
  EXPECT_TRUE(ring.push(8));
  EXPECT_EQ(pop_all(ring), (std::vector{8}));
}

TEST(SpscRingTest, WrapsAroundItsEndAtEveryPlace) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(ring.push(std::array{i, i + 1, i + 2}.data(), 3), 3u);
    ASSERT_EQ(pop_all(ring), (std::vector{i, i + 1, i + 2}));
  }
}

TEST(SpscRingTest, CarriesAMillionItemsFromOneThreadToAnother) {
  constexpr std::uint32_t kItems = 1'000'000;
  SpscRing<std::uint32_t> ring(256);
  std::thread producer([&] {
    std::array<std::uint32_t, 48> batch;
    for (std::uint32_t next = 0; next < kItems;) {
      const std::uint32_t count = std::min<std::uint32_t>(1 + next % 48, kItems - next);
      std::iota(batch.begin(), batch.begin() + count, next);
      const std::uint32_t pushed = ring.push(batch.data(), count);
      if (pushed == 0) std::this_thread::yield();
      next += pushed;
    }
  });
  std::array<std::uint32_t, 64> items;
  std::uint32_t expected = 0;
  std::uint32_t wrong = 0;
  while (expected < kItems) {
    const std::uint32_t count = ring.pop(items.data(), items.size());
    if (count == 0) std::this_thread::yield();
    for (std::uint32_t i = 0; i < count; ++i) wrong += items[i] != expected++;
  }
  producer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_TRUE(ring.empty());
}

}  // namespace

}  // namespace millrace
