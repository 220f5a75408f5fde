#include "delays.hpp"

#include <gtest/gtest.h>

namespace connections {
namespace {

TEST(Delays, KnowsQuantilesToOnePercent) {
  Delays delays;
  for (uint64_t microseconds = 1; microseconds <= 10'000; microseconds++) {
    delays.add(microseconds * 1000);
  }
  EXPECT_NEAR(static_cast<double>(delays.quantile(0.5)), 5e6, 5e4);
  EXPECT_NEAR(static_cast<double>(delays.quantile(0.99)), 9.9e6, 9.9e4);
  EXPECT_NEAR(static_cast<double>(delays.quantile(0.999)), 9.99e6, 9.99e4);
}

TEST(Delays, KeepsOneSlowAmongManyOutOfTheMedian) {
  Delays delays;
  for (int i = 0; i < 999; i++) delays.add(50'000);
  delays.add(1'000'000'000);
  EXPECT_EQ(delays.quantile(0.999), 50'000U);
  EXPECT_NEAR(static_cast<double>(delays.quantile(1)), 1e9, 1e7);
}

TEST(Delays, OfOneValueIsThatValue) {
  Delays delays;
  delays.add(123'457);
  EXPECT_EQ(delays.quantile(0), 123'457U);
  EXPECT_EQ(delays.quantile(0.5), 123'457U);
  EXPECT_EQ(delays.quantile(1), 123'457U);
}

TEST(Delays, WithoutValuesAreZero) {
  EXPECT_EQ(Delays().quantile(0.5), 0U);
}

}  // namespace
}  // namespace connections
