#include "engine/bell.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "engine/spsc_ring.hpp"

namespace millrace {

namespace {

bool is_rung(const Bell& bell) {
  pollfd waiting{bell.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

TEST(BellTest, CostsNothingWhileNobodySleeps) {
  Bell bell;
  bell.ring();
  EXPECT_FALSE(is_rung(bell));
}

TEST(BellTest, WakesWhoHasLainDownUntilItIsCleared) {
  Bell bell;
  bell.lie_down();
  bell.ring();
  EXPECT_TRUE(is_rung(bell));
  bell.clear();
  EXPECT_FALSE(is_rung(bell));
  bell.get_up();
  bell.ring();
  EXPECT_FALSE(is_rung(bell));
}

TEST(BellTest, CanWakeWhoeverItIs) {
  Bell bell;
  bell.wake();
  bell.wake();
  EXPECT_TRUE(is_rung(bell));
  bell.clear();
  EXPECT_FALSE(is_rung(bell));
}

// The sleeper looks, lies down and looks again just as the other one leaves something and rings:
// a lost wake-up would be a poll() that nobody ends.
TEST(BellTest, LosesNoWakeUp) {
  constexpr std::uint32_t kItems = 20'000;
  Bell bell;
  SpscRing<std::uint32_t> ring(4);
  std::thread producer([&] {
    for (std::uint32_t i = 0; i < kItems;) {
      if (ring.push(i)) ++i;
      bell.ring();
      if (i % 3 == 0) std::this_thread::yield();
    }
  });
  std::uint32_t taken = 0;
  std::uint32_t lost = 0;
  while (taken < kItems && lost == 0) {
    std::uint32_t item;
    while (ring.pop(&item, 1) == 1) ++taken;
    bell.lie_down();
    if (ring.empty() && taken < kItems) {
      pollfd waiting{bell.fd(), POLLIN, 0};
      // What is there when nobody has rung for so long was left without a ring.
      if (::poll(&waiting, 1, 2000) == 0 && !ring.empty()) ++lost;
      bell.clear();
    }
    bell.get_up();
  }
  if (lost != 0)
    for (std::uint32_t item; taken < kItems;) taken += ring.pop(&item, 1);
  producer.join();
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(taken, kItems);
}

}  // namespace

}  // namespace millrace
