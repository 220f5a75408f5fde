#include "schedule.hpp"

#include <gtest/gtest.h>

namespace connections {
namespace {

constexpr uint64_t kBegin = 7 * kSecond;

Load paced() {
  Load load;
  load.rate = 500;
  load.warm_up = 0.5;
  load.seconds = 2;
  return load;
}

TEST(Schedule, MakesUpForAPause) {
  const Schedule schedule(paced(), kBegin);
  EXPECT_EQ(schedule.due(kBegin), 0U);
  EXPECT_EQ(schedule.due(kBegin + kSecond), 500U);
  EXPECT_EQ(schedule.next(0), kBegin + kSecond / 500);
  EXPECT_LE(schedule.next(100), kBegin + kSecond);
}

TEST(Schedule, OpensAsManyAsItCanWithoutARate) {
  Load load = paced();
  load.rate = 0;
  const Schedule schedule(load, kBegin);
  EXPECT_EQ(schedule.due(kBegin), UINT64_MAX);
  EXPECT_EQ(schedule.next(1'000'000), kBegin + kSecond / 2);
}

TEST(Schedule, MeasuresFromTheEndOfTheWarmUp) {
  Schedule schedule(paced(), kBegin);
  EXPECT_FALSE(schedule.starts(kBegin + kSecond / 4));
  EXPECT_EQ(schedule.elapsed(kBegin + kSecond / 4), 0);
  EXPECT_TRUE(schedule.starts(kBegin + kSecond));
  EXPECT_FALSE(schedule.starts(kBegin + 2 * kSecond));
  EXPECT_EQ(schedule.elapsed(kBegin + 2 * kSecond), 1);
  EXPECT_FALSE(schedule.ended(kBegin + 3 * kSecond - 1));
  EXPECT_TRUE(schedule.ended(kBegin + 3 * kSecond));
}

}  // namespace
}  // namespace connections
