#include "impairment.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace impair {
namespace {

constexpr std::uint32_t kFrames = 4096;
constexpr std::uint64_t kStart = 5'000'000'000'000;
constexpr std::uint64_t kMicrosecond = 1000;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kNever = UINT64_MAX;

class ImpairmentTest : public testing::Test {
 protected:
  /** Frames `step` nanoseconds apart; their lengths tell them apart. */
  void feed(Impairment& device, std::uint32_t count, std::uint64_t step) {
    for (std::uint32_t i = 0; i < count; ++i, now_ += step)
      device.accept({frames_.take(), 60 + i, now_});
  }

  /** What leaves until `now`, as numbers from 1. */
  std::vector<std::uint32_t> leaving(Impairment& device, std::uint64_t now) {
    std::vector<std::uint32_t> numbers;
    for (const Frame* frame; (frame = device.due(now)) != nullptr; device.sent()) {
      numbers.push_back(frame->length - 59);
      frames_.give(frame->address);
    }
    return numbers;
  }

  Frames frames_{kFrames};
  std::uint64_t now_ = kStart;
};

using Numbers = std::vector<std::uint32_t>;

TEST_F(ImpairmentTest, HoldsAFrameUntilSoManyHaveOvertakenIt) {
  Impairment device({.reorder_every = 4, .reorder_by = 2}, frames_);
  feed(device, 8, kMicrosecond);
  EXPECT_EQ(leaving(device, kNever), (Numbers{1, 2, 3, 5, 6, 4, 7}));
  EXPECT_EQ(device.queued(), 1u);
  device.release_held(now_);
  EXPECT_EQ(leaving(device, kNever), Numbers{8});
  EXPECT_EQ(device.counters.reordered, 1u) << "frame 8, which none has overtaken, is counted";
}

TEST_F(ImpairmentTest, DelaysEachFrameFromItsArrival) {
  Impairment device({.delay = 500.0 * kMicrosecond}, frames_);
  feed(device, 3, 100 * kMicrosecond);
  EXPECT_EQ(leaving(device, kStart + 499 * kMicrosecond), Numbers{});
  EXPECT_EQ(leaving(device, kStart + 500 * kMicrosecond), Numbers{1});
  EXPECT_EQ(leaving(device, kStart + 700 * kMicrosecond), (Numbers{2, 3}));
}

TEST_F(ImpairmentTest, ServesNoMoreThanItsCapacity) {
  Impairment device({.capacity = 100'000, .queue = 1000}, frames_);
  feed(device, 200, 0);
  EXPECT_EQ(leaving(device, kStart + kMillisecond).size(), 100u);
  EXPECT_EQ(leaving(device, kStart + 2 * kMillisecond).size(), 100u);
  EXPECT_EQ(device.counters.overflow, 0u);
}

TEST_F(ImpairmentTest, CarriesItsCapacityForeverAndAPerMilleMoreOnlyWhileItsQueueLasts) {
  Impairment exact({.capacity = 300'000, .queue = 16}, frames_);
  Impairment above({.capacity = 299'000, .queue = 16}, frames_);
  for (int i = 0; i < 100'000; ++i) {
    const auto arrived = kStart + static_cast<std::uint64_t>(i * (1e9 / 300'000));
    for (Impairment* device : {&exact, &above}) {
      device->accept({frames_.take(), 60, arrived});
      leaving(*device, arrived);
    }
  }
  EXPECT_EQ(exact.counters.overflow, 0u);
  EXPECT_NEAR(static_cast<double>(above.counters.overflow), 100'000 / 300.0 - 16, 2);
}

TEST_F(ImpairmentTest, DropsWhatItsQueueDoesNotHold) {
  Impairment device({.capacity = 100'000, .queue = 50}, frames_);
  feed(device, 200, 0);
  // One is served, fifty wait.
  EXPECT_EQ(device.counters.overflow, 200u - 51);
  EXPECT_EQ(frames_.available(), kFrames - 51u);
  EXPECT_EQ(leaving(device, kNever).size(), 51u);
}

TEST_F(ImpairmentTest, ForgetsNoFrame) {
  Impairment device({.lose_every = 7,
                     .duplicate_every = 5,
                     .reorder_every = 11,
                     .reorder_by = 3,
                     .delay = 1.0 * kMillisecond,
                     .capacity = 500'000,
                     .queue = 20},
                    frames_);
  feed(device, 1000, kMicrosecond);
  device.release_held(now_);
  const std::size_t left = leaving(device, kNever).size();
  const Counters& seen = device.counters;
  EXPECT_EQ(seen.received + seen.duplicated, left + seen.lost + seen.overflow);
  EXPECT_GT(seen.overflow, 0u);
  EXPECT_EQ(frames_.available(), kFrames);
}

}  // namespace
}  // namespace impair
