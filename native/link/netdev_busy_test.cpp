#include "link/netdev_busy.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/errors.hpp"

namespace millrace {

namespace {

using Steps = std::vector<std::string>;

// What a link does: its answers to the work, one after the other, 0 for success.
struct Device {
  std::vector<int> answers;
  int error_of_up = 0;
  Steps steps{};

  int change(bool up) {
    std::size_t next = 0;
    const auto work = [&] {
      steps.emplace_back("work");
      if (const int error = answers.at(next++)) throw_errno("work", error);
    };
    const auto set_up = [&](bool to) {
      steps.emplace_back(to ? "up" : "down");
      if (to && error_of_up != 0) throw_errno("up", error_of_up);
    };
    try {
      stopping_when_busy(up, work, set_up);
    } catch (const std::system_error& failure) {
      return failure.code().value();
    }
    return 0;
  }
};

TEST(StoppingWhenBusyTest, LeavesTheLinkUpWhenItCan) {
  Device device{{0}};
  EXPECT_EQ(device.change(true), 0);
  EXPECT_EQ(device.steps, (Steps{"work"}));
}

TEST(StoppingWhenBusyTest, StopsTheLinkWhenItMust) {
  Device device{{EBUSY, 0}};
  EXPECT_EQ(device.change(true), 0);
  EXPECT_EQ(device.steps, (Steps{"work", "down", "work", "up"}));
}

TEST(StoppingWhenBusyTest, DoesNotStopALinkForAnotherRefusal) {
  Device device{{EADDRNOTAVAIL}};
  EXPECT_EQ(device.change(true), EADDRNOTAVAIL);
  EXPECT_EQ(device.steps, (Steps{"work"}));
}

TEST(StoppingWhenBusyTest, DoesNotStartALinkThatWasDown) {
  Device device{{EBUSY}};
  EXPECT_EQ(device.change(false), EBUSY);
  EXPECT_EQ(device.steps, (Steps{"work"}));
}

TEST(StoppingWhenBusyTest, StartsTheLinkAgainWhenTheWorkFails) {
  Device device{{EBUSY, EPERM}};
  EXPECT_EQ(device.change(true), EPERM);
  EXPECT_EQ(device.steps, (Steps{"work", "down", "work", "up"}));
}

TEST(StoppingWhenBusyTest, TellsTheFirstFailureOfTwo) {
  Device device{{EBUSY, EPERM}, EIO};
  EXPECT_EQ(device.change(true), EPERM);
}

TEST(StoppingWhenBusyTest, TellsThatTheLinkDoesNotStartAgain) {
  Device device{{EBUSY, 0}, EIO};
  EXPECT_EQ(device.change(true), EIO);
}

}  // namespace

}  // namespace millrace
