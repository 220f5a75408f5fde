#include "graph/flood_limiter.hpp"

#include <gtest/gtest.h>

namespace millrace {

namespace {

TEST(FloodLimitersTest, KeepEachDomainItsOwnBucketAsLongAsItIsNotFull) {
  FloodLimiters limiters;
  std::uint64_t now = 1'000'000'000;
  for (std::uint32_t id = 0; id < 256; ++id) {
    EXPECT_TRUE(limiters.of(id).allow(now, 1));
    EXPECT_FALSE(limiters.of(id).allow(now, 1));
  }
  for (std::uint32_t id = 0; id < 256; ++id) EXPECT_FALSE(limiters.of(id).allow(now, 1));
  now += 1'000'000'000;
  for (std::uint32_t id = 1000; id < 1256; ++id) EXPECT_TRUE(limiters.of(id).allow(now, 1));
  for (std::uint32_t id = 1000; id < 1256; ++id) EXPECT_FALSE(limiters.of(id).allow(now, 1));
}

TEST(FloodLimiterTest, HasNoLimitAtZero) {
  FloodLimiter limiter;
  for (int i = 0; i < 100'000; ++i) EXPECT_TRUE(limiter.allow(0, 0));
}

}  // namespace

}  // namespace millrace
