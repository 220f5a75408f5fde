#include "tables/lane_table.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace millrace {

namespace {

constexpr std::uint64_t kNow = 1'000'000'000'000;

class LaneTableTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kEntries = 64;

  static LaneFlow flow(std::uint64_t number, std::uint16_t out = 1) {
    LaneFlow made{};
    made.key[0] = number;
    made.key[1] = std::uint64_t{MILLRACE_LANE_IP4} << 56 | number;
    made.out = out;
    made.tunnel = MILLRACE_LANE_NO_SLOT;
    return made;
  }
  // As the program counts.
  void pass(std::uint64_t number, std::uint64_t packets) {
    for (millrace_lane& entry : entries_) {
      if (entry.key[1] != flow(number).key[1]) continue;
      entry.passed += packets << MILLRACE_LANE_BYTE_BITS | packets * 100;
    }
  }
  std::uint32_t sweep(std::uint64_t now = kNow) {
    seen_.clear();
    return table_.sweep(now, [&](const millrace_lane& entry, const LaneTable::Traffic& traffic) {
      seen_.push_back({entry.out, traffic.packets});
      EXPECT_EQ(traffic.bytes, traffic.packets * 100);
    });
  }
  using Seen = std::vector<std::pair<std::uint16_t, std::uint64_t>>;

  std::vector<millrace_lane> entries_ = std::vector<millrace_lane>(kEntries);
  std::vector<millrace_lane_outer> outers_ = std::vector<millrace_lane_outer>(kEntries);
  std::vector<millrace_lane_tags> tags_ =
      std::vector<millrace_lane_tags>(kEntries / MILLRACE_LANE_WAYS);
  std::vector<millrace_lane_target> targets_ = std::vector<millrace_lane_target>(8);
  millrace_lane_state state_{};
  LaneTable table_{{entries_, outers_, tags_, state_, targets_}, 42};
  Seen seen_;
};

TEST_F(LaneTableTest, CountsWhatHasPassedSinceTheLastSweep) {
  ASSERT_TRUE(table_.put(flow(1), kNow));
  pass(1, 5);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(seen_, (Seen{{1, 5}}));
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(seen_, Seen{});
}

TEST_F(LaneTableTest, TellsPacketsFromBytesAlsoWhenTheirSumsRunOver) {
  constexpr std::uint64_t kMany = 200'000'000;  // four times as much is more than the bits of bytes
  ASSERT_TRUE(table_.put(flow(1), kNow));
  for (int i = 0; i < 8; ++i) {
    pass(1, kMany);
    sweep();
    EXPECT_EQ(seen_, (Seen{{1, kMany}}));
  }
}

TEST_F(LaneTableTest, WritesAFlowAnewInItsPlace) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(table_.put(flow(1), kNow));
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(LaneTableTest, TakesAFlowThatGoesAnotherWayOnlyWhenItsTrafficIsAccountedFor) {
  ASSERT_TRUE(table_.put(flow(1, 1), kNow));
  pass(1, 5);
  EXPECT_FALSE(table_.put(flow(1, 2), kNow));
  table_.generation().changed();
  sweep();
  EXPECT_EQ(seen_, (Seen{{1, 5}}));
  sweep();  // what was under way is seen, and the place is free
  LaneFlow moved = flow(1, 2);
  moved.generation = table_.generation().now();
  EXPECT_TRUE(table_.put(moved, kNow));
}

TEST_F(LaneTableTest, EndsWhatIsOfAnOlderGeneration) {
  ASSERT_TRUE(table_.put(flow(1), kNow));
  table_.generation().changed();
  sweep();
  EXPECT_EQ(sweep(), 0u);
}

TEST_F(LaneTableTest, KeepsAFlowThatWasConfirmedUnderTheNewGeneration) {
  ASSERT_TRUE(table_.put(flow(1), kNow));
  table_.generation().changed();
  sweep();
  LaneFlow again = flow(1);
  again.generation = table_.generation().now();
  ASSERT_TRUE(table_.put(again, kNow));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sweep(), 1u);
}

TEST_F(LaneTableTest, EndsWhatIsIdle) {
  ASSERT_TRUE(table_.put(flow(1), kNow));
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(sweep(kNow + LaneTable::kIdleNs - 1), 1u);
  pass(1, 1);
  EXPECT_EQ(sweep(kNow + LaneTable::kIdleNs), 1u);
  EXPECT_EQ(sweep(kNow + 2 * LaneTable::kIdleNs), 1u);  // ends
  EXPECT_EQ(sweep(kNow + 2 * LaneTable::kIdleNs), 0u);
}

TEST_F(LaneTableTest, CountsAPacketThatWasUnderWayWhenItsFlowEnded) {
  ASSERT_TRUE(table_.put(flow(1), kNow));
  table_.generation().changed();
  sweep();
  pass(1, 1);
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(seen_, (Seen{{1, 1}}));
}

TEST_F(LaneTableTest, LeavesFlowsToTheLoopWhenBothBucketsAreFull) {
  std::uint32_t taken = 0;
  for (std::uint64_t i = 1; i <= 3 * kEntries; ++i) taken += table_.put(flow(i), kNow);
  EXPECT_LE(taken, kEntries);
  EXPECT_GE(taken, kEntries * 3 / 4);
  EXPECT_EQ(sweep(), taken);
}

TEST_F(LaneTableTest, LeavesAnEntryAloneThatSomebodyElseWrites) {
  ASSERT_TRUE(table_.put(flow(1), kNow));
  for (millrace_lane& entry : entries_) entry.version |= 1;
  EXPECT_FALSE(table_.put(flow(1), kNow));
  EXPECT_FALSE(table_.put(flow(2), kNow));
}

TEST_F(LaneTableTest, EndsFlowsToAPortThatTakesNoMore) {
  table_.set_target(1, true);
  const std::uint32_t before = table_.generation().now();
  table_.set_target(1, true);
  EXPECT_EQ(table_.generation().now(), before);
  table_.set_target(1, false);
  EXPECT_NE(table_.generation().now(), before);
  EXPECT_FALSE(table_.leads_to(1));
}

}  // namespace

}  // namespace millrace
