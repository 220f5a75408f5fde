#include "pace.h"

#include <gtest/gtest.h>

namespace gen {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 5 * kSecond;

pace pace_of(double rate) {
  pace made{};
  made.interval = static_cast<uint64_t>(65536e9 / rate);
  return made;
}

/** Frames that may go from `from` to `to` when the clock is read every `step` nanoseconds. */
uint64_t count(pace& pace, uint64_t from, uint64_t to, uint64_t step) {
  uint64_t frames = 0;
  for (uint64_t now = from; now < to; now += step)
    while (pace_allows(&pace, now) != 0) frames++;
  return frames;
}

TEST(PaceTest, KeepsARateToAThousandth) {
  for (const double rate : {1000.0, 99'999.0, 1'234'567.0, 14'880'952.0}) {
    pace pace = pace_of(rate);
    const auto frames = static_cast<double>(count(pace, kStart, kStart + kSecond, 40));
    EXPECT_NEAR(frames, rate, rate / 1000 + 1);
  }
}

TEST(PaceTest, LetsTheFirstFrameGoAtOnce) {
  pace pace = pace_of(10);
  EXPECT_NE(pace_allows(&pace, kStart), 0);
  EXPECT_EQ(pace_allows(&pace, kStart + 1), 0);
}

TEST(PaceTest, MakesUpForAShortPause) {
  pace pace = pace_of(1'000'000);
  count(pace, kStart, kStart + 100'000, 50);
  EXPECT_NEAR(static_cast<double>(count(pace, kStart + 200'000, kStart + 200'001, 1)), 100, 1);
}

TEST(PaceTest, MakesUpForALongPauseByAsManyFramesAsAVethHolds) {
  pace pace = pace_of(1'000'000);
  count(pace, kStart, kStart + 100'000, 50);
  const uint64_t burst = count(pace, kStart + kSecond, kStart + kSecond + 1, 1);
  EXPECT_NEAR(static_cast<double>(burst), PACE_DEPTH, 1);
}

TEST(PaceTest, TellsHowLongItWaitedButNotHowLongItWasAway) {
  pace pace = pace_of(1000);
  count(pace, kStart, kStart + 500'000, 50);
  count(pace, kStart + 900'000, kStart + 1'000'000, 50);
  EXPECT_NEAR(static_cast<double>(pace.idle), 600'000, 200);
}

}  // namespace
}  // namespace gen
