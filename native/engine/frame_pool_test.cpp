#include "engine/frame_pool.hpp"

#include <gtest/gtest.h>

#include <set>

namespace millrace {

namespace {

TEST(FramePoolTest, HandsEveryFrameOutOnce) {
  FramePool pool(8);
  EXPECT_EQ(pool.total(), 8u);
  std::set<std::uint32_t> frames;
  while (pool.available() > 0) frames.insert(pool.take());
  EXPECT_EQ(frames, (std::set<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(FramePoolTest, HandsOutTheHottestFrameFirst) {
  FramePool pool(4);
  const std::uint32_t first = pool.take();
  const std::uint32_t second = pool.take();
  pool.put(first);
  pool.put(second);
  EXPECT_EQ(pool.take(), second);
  EXPECT_EQ(pool.take(), first);
}

TEST(FramePoolTest, FindsTheFramesOfAVanishedPort) {
  FramePool pool(8);
  for (std::uint32_t i = 0; i < 6; ++i) pool.lend(pool.take(), i % 2 == 0 ? 3 : 4);
  EXPECT_EQ(pool.lent_to(3), 3u);
  EXPECT_EQ(pool.lent_to(4), 3u);
  EXPECT_EQ(pool.available(), 2u);
  EXPECT_EQ(pool.reclaim(3), 3u);
  EXPECT_EQ(pool.available(), 5u);
  EXPECT_EQ(pool.lent_to(3), 0u);
  EXPECT_EQ(pool.lent_to(4), 3u);
}

TEST(FramePoolTest, ReclaimsNothingTwice) {
  FramePool pool(4);
  pool.lend(pool.take(), 1);
  EXPECT_EQ(pool.reclaim(1), 1u);
  EXPECT_EQ(pool.reclaim(1), 0u);
  EXPECT_EQ(pool.available(), pool.total());
}

TEST(FramePoolTest, LeavesFramesAloneThatCameBack) {
  FramePool pool(4);
  const std::uint32_t frame = pool.take();
  pool.lend(frame, 1);
  pool.take_back(frame);
  EXPECT_EQ(pool.reclaim(1), 0u);
  EXPECT_EQ(pool.lent_to(1), 0u);
  pool.put(frame);
  EXPECT_EQ(pool.available(), 4u);
}

TEST(FramePoolTest, CountsAFrameForThePortThatHadItLast) {
  FramePool pool(2);
  const std::uint32_t frame = pool.take();
  pool.lend(frame, 1);
  pool.take_back(frame);
  pool.lend(frame, 2);
  EXPECT_EQ(pool.reclaim(1), 0u);
  EXPECT_EQ(pool.reclaim(2), 1u);
}

}  // namespace

}  // namespace millrace
