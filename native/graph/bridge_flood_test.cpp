// Copies and limits.
#include "graph/bridge_fixture.hpp"

namespace millrace {

namespace {

constexpr Mac kMulticastMac{{1, 0, 0x5e, 1, 2, 3}};

class BridgeFloodTest : public BridgeTest {
 protected:
  void expect_flooded(const Bytes& frame) {
    expect_delivered(kGreenA, frame, {{kGreenB, frame}, {kGreenC, frame}, {kGreenUplink, frame}});
  }
};

TEST_F(BridgeFloodTest, CopiesToEveryOtherPortAndCountsTheCopiesAtTheIngressPort) {
  expect_flooded(l2_frame(kBroadcastMac, kGreenA.mac));
  EXPECT_EQ(net.counters_of(kGreenA).get(kFloodCopies), 2u);
  expect_flooded(l2_frame(kMulticastMac, kGreenA.mac));
  expect_flooded(l2_frame(kStranger, kGreenA.mac));
  EXPECT_EQ(net.sum(kFloodCopies), 6u);
}

TEST_F(BridgeFloodTest, KeepsTheOrderOfABurst) {
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < kMaxBurst; ++i) {
    frames.push_back(l2_frame(kBroadcastMac, kGreenA.mac, 46 + i));
    net.port(kGreenA).inject(frames.back());
  }
  net.run();
  for (const Pod& pod : {kGreenB, kGreenC, kGreenUplink}) EXPECT_EQ(received_by(pod), frames);
}

TEST_F(BridgeFloodTest, FloodsTheFramesOfABurstInTheirVlans) {
  make_trunk(kGreenC, {10, 20});
  make_access(kGreenA, 10);
  make_access(kGreenB, 20);
  std::array<std::vector<Bytes>, 2> expected;
  for (std::uint16_t i = 0; i < 30; ++i) {
    const Bytes frame = l2_frame(kBroadcastMac, kStranger, 46u + i);
    net.port(kGreenC).inject(tagged(frame, i % 3 == 0 ? 10 : 20));
    expected[i % 3 == 0 ? 0 : 1].push_back(frame);
  }
  net.run();
  EXPECT_EQ(received_by(kGreenA), expected[0]);
  EXPECT_EQ(received_by(kGreenB), expected[1]);
}

TEST_F(BridgeFloodTest, CountsCopiesForWhichThereIsNoFrame) {
  std::vector<std::uint32_t> taken;
  while (net.pool.available() > 2) taken.push_back(net.pool.take());
  const Bytes frame = l2_frame(kBroadcastMac, kGreenA.mac);
  net.port(kGreenA).inject(frame);
  net.port(kGreenA).inject(frame);
  net.run();
  // Both frames are taken by the burst, none is left for a copy; the originals go to the last port.
  EXPECT_EQ(net.counters_of(kGreenA).drops(DropReason::kNoFreeFrame), 4u);
  EXPECT_EQ(net.counters_of(kGreenA).get(kFloodCopies), 4u);
  EXPECT_EQ(received_by(kGreenUplink), (std::vector<Bytes>{frame, frame}));
  for (const std::uint32_t free : taken) net.pool.put(free);
}

TEST_F(BridgeFloodTest, CountsWhatDoesNotFitAtSomePorts) {
  net.reconfigure(kGreenB, [](PortConfig& config) { config.mtu = 1000; });
  net.reconfigure(kGreenUplink, [](PortConfig& config) { config.mtu = 1000; });
  const Bytes frame = l2_frame(kBroadcastMac, kGreenA.mac, 1200);
  expect_delivered(kGreenA, frame, {{kGreenC, frame}});
  EXPECT_EQ(net.counters_of(kGreenA).drops(DropReason::kMtuExceeded), 2u);
}

TEST_F(BridgeFloodTest, CountsAFullRingAtItsPort) {
  net.port(kGreenB).limit_tx(0);
  const Bytes frame = l2_frame(kBroadcastMac, kGreenA.mac);
  expect_delivered(kGreenA, frame, {{kGreenC, frame}, {kGreenUplink, frame}});
  EXPECT_EQ(net.counters_of(kGreenB).drops(DropReason::kTxRingFull), 1u);
}

TEST_F(BridgeFloodTest, DropsWhatNobodyElseCouldReceive) {
  make_access(kGreenA, 77);
  expect_dropped(kGreenA, l2_frame(kBroadcastMac, kGreenA.mac), DropReason::kSamePort);
}

TEST_F(BridgeFloodTest, SwitchesOffUnknownDestinationsAndGroupsOneByOne) {
  net.green.floods_unknown = false;
  expect_dropped(kGreenA, l2_frame(kStranger, kGreenA.mac), DropReason::kFloodLimited);
  expect_flooded(l2_frame(kMulticastMac, kGreenA.mac));
  net.green.floods_unknown = true;
  net.green.floods_multicast = false;
  expect_dropped(kGreenA, l2_frame(kMulticastMac, kGreenA.mac), DropReason::kMulticast);
  expect_flooded(l2_frame(kStranger, kGreenA.mac));
  expect_flooded(l2_frame(kBroadcastMac, kGreenA.mac));
}

TEST_F(BridgeFloodTest, LimitsFloodedFramesPerSecondAndNoOthers) {
  net.green.flood_per_second = 100;  // ten at once
  const auto flooded = [&](int frames) {
    for (int i = 0; i < frames; ++i) net.port(kGreenA).inject(l2_frame(kStranger, kGreenA.mac));
    net.run();
    const std::size_t count = received_by(kGreenB).size();
    forget_received();
    return count;
  };
  EXPECT_EQ(flooded(30), 10u);
  EXPECT_EQ(net.counters_of(kGreenA).drops(DropReason::kFloodLimited), 20u);
  now_ns += kSecondNs / 20;
  EXPECT_EQ(flooded(30), 5u);
  now_ns += kSecondNs;
  EXPECT_EQ(flooded(30), 10u);
  const Bytes known = l2_frame(kGreenB.mac, kGreenA.mac);
  expect_delivered(kGreenA, known, {{kGreenB, known}});
}

TEST_F(BridgeFloodTest, CompletesAChecksumLeftToTheDeviceInEachCopy) {
  Bytes frame = l2_udp(kBroadcastMac, kGreenA, 33);
  const Bytes complete = frame;
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kPartial);
  net.port(kGreenC).offload_checksums(true);
  send(kGreenA, frame);
  EXPECT_EQ(received_by(kGreenB), std::vector<Bytes>{complete});
  EXPECT_EQ(received_by(kGreenUplink), std::vector<Bytes>{complete});
  const auto offloaded = net.port(kGreenC).take_sent();
  ASSERT_EQ(offloaded.size(), 1u);
  EXPECT_EQ(hex(offloaded[0].bytes), hex(frame));
  EXPECT_EQ(offloaded[0].checksum_start, kEthernetLength + ip4::kMinHeader);
  EXPECT_EQ(offloaded[0].checksum_offset, 6);
}

}  // namespace

}  // namespace millrace
