// Frames of several workers: one table, a pool for each share of it.
#include <gtest/gtest.h>

#include "engine/frame_pool.hpp"
#include "engine/umem.hpp"

namespace millrace {

namespace {

class FrameTableTest : public ::testing::Test {
 protected:
  // Links frames of the first pool into one packet's chain.
  std::uint32_t chain(std::uint32_t count) {
    std::uint32_t first = kNoFrame;
    for (; count > 0; --count) {
      const std::uint32_t frame = one.take();
      table[frame].next = first;
      first = frame;
    }
    return first;
  }

  Umem umem{16, 2048, Hugepages::kOff};
  FrameTable table{16, &umem};
  FramePool one{table, 0, 8};
  FramePool two{table, 8, 8};
};

TEST_F(FrameTableTest, EachPoolHandsOutItsOwnShare) {
  for (int i = 0; i < 8; ++i) EXPECT_LT(one.take(), 8u);
  for (int i = 0; i < 8; ++i) EXPECT_GE(two.take(), 8u);
  EXPECT_EQ(one.available(), 0u);
  EXPECT_EQ(two.total(), 8u);
}

TEST_F(FrameTableTest, FramesOfOthersArePutAside) {
  const std::uint32_t foreign = two.take();
  one.put(foreign);
  EXPECT_EQ(one.available(), 8u);
  EXPECT_EQ(one.foreign(), std::vector{foreign});
  two.put(foreign);
  EXPECT_EQ(two.available(), 8u);
}

TEST_F(FrameTableTest, AChainIsFreedAsAWholeAndTakenApart) {
  const std::uint32_t first = chain(4);
  EXPECT_EQ(one.available(), 4u);
  one.put_chain(first);
  EXPECT_EQ(one.available(), 8u);
  for (std::uint32_t frame = 0; frame < 8; ++frame) EXPECT_EQ(table[frame].next, kNoFrame);
  one.put_chain(kNoFrame);
  EXPECT_EQ(one.available(), 8u);
}

TEST_F(FrameTableTest, AChainMayHaveFramesOfSeveralWorkers) {
  const std::uint32_t first = chain(2);
  const std::uint32_t foreign = two.take();
  table[table[first].next].next = foreign;
  one.put_chain(first);
  EXPECT_EQ(one.available(), 8u);
  EXPECT_EQ(one.foreign(), std::vector{foreign});
}

TEST_F(FrameTableTest, KnowsWhereTheDataOfAFragmentIs) {
  table[5].offset = 300;
  EXPECT_EQ(table.data(5), umem.frame(5) + 300);
  EXPECT_EQ(table.frame_size(), 2048u);
  EXPECT_EQ(table.size(), 16u);
}

// Lanes 32 to 47 belong to one port, 48 to the next.
TEST_F(FrameTableTest, ReclaimsAllLanesOfAPortWhoeverLentTheFrames) {
  one.lend(one.take(), 31);
  one.lend(one.take(), 32);
  one.lend(one.take(), 48);
  two.lend(two.take(), 47);
  two.lend(two.take(), 33);
  EXPECT_EQ(one.reclaim(32, 16), 3u);
  EXPECT_EQ(one.available(), 6u) << "its own";
  EXPECT_EQ(one.foreign().size(), 2u) << "those of the other worker";
  EXPECT_EQ(one.lent_to(31), 1u);
  EXPECT_EQ(one.lent_to(48), 1u);
  for (std::uint16_t lane = 32; lane < 48; ++lane) EXPECT_EQ(one.lent_to(lane), 0u);
}

TEST_F(FrameTableTest, ReclaimsTheLanesFromAQueueOnOnly) {
  for (std::uint16_t lane = 32; lane < 36; ++lane) one.lend(one.take(), lane);
  EXPECT_EQ(one.reclaim(34, 14), 2u);
  EXPECT_EQ(one.lent_to(32), 1u);
  EXPECT_EQ(one.lent_to(33), 1u);
}

TEST_F(FrameTableTest, AReclaimedFragmentBelongsToNoChain) {
  const std::uint32_t first = chain(3);
  std::uint32_t frame = first;
  for (; frame != kNoFrame; frame = table[frame].next) one.lend(frame, 7);
  EXPECT_EQ(one.reclaim(7), 3u);
  EXPECT_EQ(one.available(), 8u);
  EXPECT_EQ(table[first].next, kNoFrame);
}

}  // namespace

}  // namespace millrace
