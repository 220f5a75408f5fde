#include "engine/counters.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace millrace {

namespace {

TEST(CountersTest, StartAtZero) {
  const CounterBlock block;
  for (std::uint32_t slot = 0; slot < kCounterSlots; ++slot) EXPECT_EQ(block.get(slot), 0u);
}

TEST(CountersTest, KeepEachDropReasonInItsOwnSlot) {
  CounterBlock block;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(DropReason::kCount); ++i)
    for (std::uint32_t n = 0; n <= i; ++n) block.drop(static_cast<DropReason>(i));
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(DropReason::kCount); ++i) {
    EXPECT_EQ(block.drops(static_cast<DropReason>(i)), i + 1);
    EXPECT_EQ(block.get(kFirstDrop + i), i + 1);
  }
  for (std::uint32_t slot = 0; slot < kFirstDrop; ++slot) EXPECT_EQ(block.get(slot), 0u);
}

TEST(CountersTest, AddAndSetSixtyFourBits) {
  CounterBlock block;
  block.set(kRxBytes, UINT64_MAX - 1);
  block.add(kRxBytes, 1);
  EXPECT_EQ(block.get(kRxBytes), UINT64_MAX);
  EXPECT_EQ(block.get(kRxPackets), 0u);
}

TEST(CountersTest, HaveOneNameEach) {
  const std::set<std::string_view> port(kPortCounterNames.begin(), kPortCounterNames.end());
  const std::set<std::string_view> worker(kWorkerCounterNames.begin(), kWorkerCounterNames.end());
  EXPECT_EQ(port.size(), kPortCounterNames.size());
  EXPECT_EQ(worker.size(), kWorkerCounterNames.size());
  EXPECT_EQ(kPortCounterNames[kTxStalls], "tx_stalls");
  EXPECT_EQ(kWorkerCounterNames[kFramesTotal], "frames_total");
}

TEST(CountersTest, AreReadWhileTheWorkerWrites) {
  CounterBlock block;
  constexpr std::uint64_t kTurns = 100'000;
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < kTurns; ++i) block.add(kRxPackets, 1);
  });
  std::uint64_t last = 0;
  while (last < kTurns) {
    const std::uint64_t now = block.get(kRxPackets);
    ASSERT_GE(now, last);
    last = now;
  }
  writer.join();
  EXPECT_EQ(block.get(kRxPackets), kTurns);
}

}  // namespace

}  // namespace millrace
