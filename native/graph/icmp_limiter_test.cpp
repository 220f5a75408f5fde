#include "graph/icmp_limiter.hpp"

#include <gtest/gtest.h>

namespace millrace {

namespace {

constexpr std::uint64_t kStart = 1000 * kSecondNs;

std::uint32_t allowed_at(IcmpLimiter& limiter, std::uint64_t now, std::uint32_t tries) {
  std::uint32_t allowed = 0;
  for (std::uint32_t i = 0; i < tries; ++i) allowed += limiter.allow(now);
  return allowed;
}

TEST(IcmpLimiterTest, AllowsABurstOfATenthAtOnce) {
  for (const std::uint32_t rate : {10, 20, 100, 1000, 100'000}) {
    IcmpLimiter limiter(rate);
    EXPECT_EQ(allowed_at(limiter, kStart, rate), rate / 10) << rate << " per second";
  }
}

TEST(IcmpLimiterTest, AllowsTheRateInTheLongRun) {
  for (const std::uint32_t rate : {1, 7, 10, 1000, 50'000}) {
    IcmpLimiter limiter(rate);
    std::uint32_t allowed = 0;
    for (std::uint64_t ms = 0; ms < 10'000; ++ms)
      allowed += allowed_at(limiter, kStart + ms * 1'000'000, 100);
    EXPECT_NEAR(allowed, 10.0 * rate, 0.11 * rate + 1) << rate << " per second";
  }
}

TEST(IcmpLimiterTest, SavesUpNoMoreThanABurst) {
  IcmpLimiter limiter(1000);
  EXPECT_EQ(allowed_at(limiter, kStart, 1000), 100u);
  EXPECT_EQ(allowed_at(limiter, kStart + 3600 * kSecondNs, 1000), 100u);
}

TEST(IcmpLimiterTest, GivesTokensBackOneByOne) {
  IcmpLimiter limiter(1000);
  allowed_at(limiter, kStart, 1000);
  EXPECT_FALSE(limiter.allow(kStart + 999'999));
  EXPECT_TRUE(limiter.allow(kStart + 1'000'000));
  EXPECT_FALSE(limiter.allow(kStart + 1'000'000));
  EXPECT_EQ(allowed_at(limiter, kStart + 4'000'000, 10), 3u);
}

TEST(IcmpLimiterTest, WorksFromTheFirstNanosecondOfTheClock) {
  IcmpLimiter limiter(1000);
  EXPECT_TRUE(limiter.allow(0));
  EXPECT_TRUE(limiter.allow(kSecondNs));
}

TEST(IcmpLimiterTest, KeepsTheSlowestRateToTheNanosecond) {
  IcmpLimiter limiter(1);
  EXPECT_EQ(allowed_at(limiter, kStart, 10), 1u);
  EXPECT_EQ(allowed_at(limiter, kStart + kSecondNs - 1, 10), 0u);
  EXPECT_EQ(allowed_at(limiter, kStart + kSecondNs, 10), 1u);
}

TEST(IcmpLimiterTest, AllowsNothingAtZeroPerSecond) {
  IcmpLimiter limiter(0);
  EXPECT_EQ(allowed_at(limiter, kStart, 10), 0u);
  EXPECT_EQ(allowed_at(limiter, kStart + 3600 * kSecondNs, 10), 0u);
  EXPECT_FALSE(limiter.allow());
}

TEST(IcmpLimiterTest, ReadsTheClockItself) {
  IcmpLimiter limiter(100);
  std::uint32_t allowed = 0;
  for (int i = 0; i < 1000; ++i) allowed += limiter.allow();
  EXPECT_GE(allowed, 10u);
  EXPECT_LT(allowed, 1000u);
}

}  // namespace

}  // namespace millrace
