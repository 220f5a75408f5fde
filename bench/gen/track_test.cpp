#include "track.h"

#include <gtest/gtest.h>

#include <memory>

namespace gen {
namespace {

class TrackTest : public ::testing::Test {
 protected:
  void arrive(uint32_t from, uint32_t to) {
    for (uint32_t sequence = from; sequence != to; sequence++)
      track_sequence(seen_.get(), sequence);
  }

  std::unique_ptr<track> seen_ = std::make_unique<track>();
};

TEST_F(TrackTest, SeesNothingSpecialInFramesInTheirOrder) {
  arrive(0, 100'000);
  EXPECT_EQ(seen_->next, 100'000u);
  EXPECT_EQ(seen_->reordered, 0u);
  EXPECT_EQ(seen_->duplicates, 0u);
}

TEST_F(TrackTest, CountsALateFrameAsReordered) {
  arrive(0, 10);
  arrive(11, 20);
  arrive(10, 11);
  EXPECT_EQ(seen_->reordered, 1u);
  EXPECT_EQ(seen_->duplicates, 0u);
  EXPECT_EQ(seen_->next, 20u);
}

TEST_F(TrackTest, CountsASecondCopyAsDuplicateWhereverItArrives) {
  arrive(0, 10);
  arrive(9, 10);
  arrive(3, 4);
  EXPECT_EQ(seen_->duplicates, 2u);
  EXPECT_EQ(seen_->reordered, 0u);
}

TEST_F(TrackTest, KnowsACopyOfALateFrame) {
  arrive(0, 10);
  arrive(11, 20);
  arrive(10, 11);
  arrive(10, 11);
  EXPECT_EQ(seen_->reordered, 1u);
  EXPECT_EQ(seen_->duplicates, 1u);
}

TEST_F(TrackTest, GoesOnWhereSequenceNumbersWrap) {
  seen_->next = 0xfffffff0;
  arrive(0xfffffff0, 0x10);
  EXPECT_EQ(seen_->next, 0x100000010u);
  EXPECT_EQ(seen_->reordered, 0u);
  arrive(0x0f, 0x10);
  EXPECT_EQ(seen_->duplicates, 1u);
}

TEST_F(TrackTest, TakesACopyThatComesTooLateForReordered) {
  arrive(0, TRACK_WINDOW + 1);
  arrive(0, 1);
  EXPECT_EQ(seen_->duplicates, 0u);
  EXPECT_EQ(seen_->reordered, 1u);
}

TEST_F(TrackTest, RemembersTheShortestAndTheLongestDelay) {
  for (const uint64_t delay : {500, 100, 900, 300}) track_delay(seen_.get(), delay);
  EXPECT_EQ(seen_->delay_min, 100u);
  EXPECT_EQ(seen_->delay_max, 900u);
  EXPECT_EQ(seen_->delay_sum, 1800u);
  EXPECT_EQ(seen_->delays, 4u);
  EXPECT_EQ(seen_->histogram[histogram_bucket(900)], 1u);
}

// RFC 3550 section 6.4.1: the estimate of a constant difference is that difference.
TEST_F(TrackTest, EstimatesTheJitterOfAlternatingDelays) {
  for (int i = 0; i < 1000; i++) track_delay(seen_.get(), i % 2 == 0 ? 1000 : 1800);
  EXPECT_NEAR(static_cast<double>(seen_->jitter16) / 16, 800, 1);
}

}  // namespace
}  // namespace gen
