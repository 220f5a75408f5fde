#include "engine/memory_port.hpp"

#include <gtest/gtest.h>

#include "engine/replay_port.hpp"

namespace millrace {

namespace {

class MemoryPortTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(pool.available(), pool.total()); }

  std::uint32_t receive(Port& from, std::uint32_t max) { return from.receive(packets.data(), max); }
  void give_back(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) pool.put(packets[i].frame);
  }

  Umem umem{8, 2048, Hugepages::kOff};
  FramePool pool{8};
  MemoryPort port{{}, umem, pool};
  std::array<Packet, kMaxBurst> packets;
};

TEST_F(MemoryPortTest, ReceivesWhatWasInjectedInOrder) {
  port.inject(Bytes{1, 2, 3});
  port.inject(Bytes{});
  ASSERT_EQ(receive(port, kMaxBurst), 2u);
  EXPECT_EQ(Bytes(packets[0].data, packets[0].data + packets[0].length), (Bytes{1, 2, 3}));
  EXPECT_EQ(packets[1].length, 0u);
  EXPECT_EQ(umem.frame_of(umem.address_of(packets[0].data)), packets[0].frame);
  EXPECT_EQ(packets[0].data - umem.frame(packets[0].frame), MemoryPort::kHeadroom);
  EXPECT_EQ(receive(port, kMaxBurst), 0u);
  give_back(2);
}

TEST_F(MemoryPortTest, ReceivesNoMoreThanAskedForAndNoMoreThanThereAreFrames) {
  for (std::uint8_t i = 0; i < 12; ++i) port.inject(Bytes{i});
  EXPECT_EQ(receive(port, 3), 3u);
  give_back(3);
  EXPECT_EQ(receive(port, kMaxBurst), 8u);
  EXPECT_EQ(receive(port, kMaxBurst), 0u);
  give_back(8);
  EXPECT_EQ(receive(port, kMaxBurst), 1u);
  EXPECT_EQ(packets[0].data[0], 11);
  give_back(1);
}

TEST_F(MemoryPortTest, CutsWhatDoesNotFitIntoAFrame) {
  port.inject(Bytes(3000, 7));
  ASSERT_EQ(receive(port, 1), 1u);
  EXPECT_EQ(packets[0].length, 2048u - MemoryPort::kHeadroom);
  give_back(1);
}

TEST_F(MemoryPortTest, TakesFramesUpToItsLimitAndReturnsThemToThePool) {
  for (std::uint8_t i = 0; i < 4; ++i) port.inject(Bytes{i});
  ASSERT_EQ(receive(port, 4), 4u);
  Packet* burst[] = {&packets[0], &packets[1], &packets[2], &packets[3]};
  burst[0]->checksum_start = 34;
  burst[0]->checksum_offset = 6;
  port.limit_tx(2);
  EXPECT_EQ(port.transmit(burst, 4), 2u);
  EXPECT_EQ(pool.available(), 6u);
  EXPECT_EQ(port.transmit(burst + 2, 2), 0u);
  const auto sent = port.take_sent();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].checksum_start, 34u);
  EXPECT_EQ(sent[0].checksum_offset, 6u);
  EXPECT_EQ(sent[1].bytes, Bytes{1});
  EXPECT_EQ(port.transmit(burst + 2, 2), 2u);
}

TEST_F(MemoryPortTest, ReplaysItsTemplatesForEver) {
  ReplayPort replay({}, umem, pool, {{1, 1}, {2, 2}, {3, 3}});
  ASSERT_EQ(receive(replay, 5), 5u);
  for (std::uint8_t i = 0; i < 5; ++i) EXPECT_EQ(packets[i].data[1], i % 3 + 1);
  Packet* burst[] = {&packets[0], &packets[1], &packets[2], &packets[3], &packets[4]};
  EXPECT_EQ(replay.transmit(burst, 5), 5u);
  ASSERT_EQ(receive(replay, kMaxBurst), 8u) << "as many as there are frames";
  EXPECT_EQ(packets[0].data[0], 3);
  give_back(8);
}

TEST_F(MemoryPortTest, TakesEverythingAndGivesNothingAsNullPort) {
  NullPort null({}, pool);
  port.inject(Bytes{1});
  ASSERT_EQ(receive(port, 1), 1u);
  Packet* burst[] = {&packets[0]};
  EXPECT_EQ(null.transmit(burst, 1), 1u);
  EXPECT_EQ(receive(null, kMaxBurst), 0u);
  EXPECT_FALSE(null.flush());
}

}  // namespace

}  // namespace millrace
