// Learning and known destinations.
#include "graph/bridge_fixture.hpp"

namespace millrace {

namespace {

class BridgeInputTest : public BridgeTest {
 protected:
  std::optional<Fdb::Entry> found(const Mac& mac, std::uint16_t vlan = 0) {
    return net.green.fdb.find(vlan, mac, fdb_seconds(now_ns));
  }
  void learn(const Pod& pod, const Mac& mac) {
    send(pod, l2_frame(kBroadcastMac, mac));
    forget_received();
  }
};

TEST_F(BridgeInputTest, DeliversToThePinnedAddressOfAPodAlone) {
  const Bytes frame = l2_udp(kGreenB.mac, kGreenA);
  expect_delivered(kGreenA, frame, {{kGreenB, frame}});
  EXPECT_EQ(net.sum(kFloodCopies), 0u);
}

TEST_F(BridgeInputTest, LearnsTheSenderAndSendsTheAnswerToItsPortAlone) {
  learn(kGreenUplink, kStranger);
  const Bytes answer = l2_frame(kStranger, kGreenA.mac);
  expect_delivered(kGreenA, answer, {{kGreenUplink, answer}});
  EXPECT_EQ(found(kStranger)->port, kGreenUplink.port);
  EXPECT_FALSE(found(kStranger)->is_static);
}

TEST_F(BridgeInputTest, LearnsNothingWhenItOnlyExplains) {
  net.graph.learns = false;
  learn(kGreenUplink, kStranger);
  EXPECT_FALSE(found(kStranger).has_value());
  expect_dropped(kGreenC, l2_frame(kGreenB.mac, kGreenA.mac), DropReason::kSourceMac);
}

TEST_F(BridgeInputTest, LearnsInEachVlanByItself) {
  make_trunk(kGreenC, {10, 20});
  make_trunk(kGreenUplink, {10, 20});
  send(kGreenUplink, tagged(l2_frame(kBroadcastMac, kStranger), 10));
  send(kGreenC, tagged(l2_frame(kBroadcastMac, kStranger), 20));
  forget_received();
  EXPECT_EQ(found(kStranger, 10)->port, kGreenUplink.port);
  EXPECT_EQ(found(kStranger, 20)->port, kGreenC.port);
  EXPECT_EQ(net.sum(kMacMoves), 0u);
}

TEST_F(BridgeInputTest, MovesALearnedAddressCountsItAndTells) {
  learn(kGreenUplink, kStranger);
  learn(kGreenC, kStranger);
  EXPECT_EQ(found(kStranger)->port, kGreenC.port);
  EXPECT_EQ(net.counters_of(kGreenC).get(kMacMoves), 1u);
  const std::vector<GraphEvent> told = events();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, GraphEvent::Kind::kMacMoved);
  EXPECT_EQ(told[0].port, kGreenC.port);
  EXPECT_EQ(told[0].other_port, kGreenUplink.port);
  EXPECT_EQ(told[0].mac, kStranger);
  EXPECT_EQ(told[0].network, net.green.id);
}

TEST_F(BridgeInputTest, TellsOfAFlappingAddressOnceASecondAndCountsEveryMove) {
  for (int i = 0; i < 5; ++i) {
    learn(kGreenUplink, kStranger);
    learn(kGreenC, kStranger);
  }
  EXPECT_EQ(events().size(), 2u);
  EXPECT_EQ(net.sum(kMacMoves), 9u);
  now_ns += kSecondNs;
  learn(kGreenUplink, kStranger);
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(BridgeInputTest, NeverMovesAPinnedAddress) {
  expect_dropped(kGreenUplink, l2_frame(kBroadcastMac, kGreenA.mac), DropReason::kSourceMac);
  EXPECT_EQ(found(kGreenA.mac)->port, kGreenA.port);
  EXPECT_TRUE(found(kGreenA.mac)->own);
}

TEST_F(BridgeInputTest, DropsSendersBeyondTheLimitOfAPortAndTellsOnce) {
  net.green.fdb.set_limit(kGreenUplink.port, 1);
  learn(kGreenUplink, kStranger);
  const Bytes frame = l2_frame(kGreenA.mac, kOtherStranger);
  expect_dropped(kGreenUplink, frame, DropReason::kMacLimit);
  expect_dropped(kGreenUplink, frame, DropReason::kMacLimit);
  const std::vector<GraphEvent> told = events();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, GraphEvent::Kind::kMacLimit);
  EXPECT_EQ(told[0].mac, kOtherStranger);
  EXPECT_EQ(net.green.fdb.learned_by(kGreenUplink.port), 1u);
}

TEST_F(BridgeInputTest, HoldsTheLimitForAddressesThatMoveThereToo) {
  net.green.fdb.set_limit(kGreenC.port, 1);
  learn(kGreenC, kGreenC.mac);
  learn(kGreenUplink, kStranger);
  expect_dropped(kGreenC, l2_frame(kGreenA.mac, kStranger), DropReason::kMacLimit);
  EXPECT_EQ(found(kStranger)->port, kGreenUplink.port);
}

TEST_F(BridgeInputTest, ForwardsFromUnknownSendersWhenTheTableIsFull) {
  for (std::uint8_t i = 0; i < 100; ++i) learn(kGreenUplink, {{2, 0, 0, 0, 8, i}});
  EXPECT_LE(net.green.fdb.learned_by(kGreenUplink.port), 64u);
  const Bytes frame = l2_frame(kGreenA.mac, kStranger);
  expect_delivered(kGreenUplink, frame, {{kGreenA, frame}});
}

TEST_F(BridgeInputTest, FloodsToAnAddressThatHasAgedAndNotToOneThatSpeaks) {
  learn(kGreenUplink, kStranger);
  learn(kGreenC, kOtherStranger);
  now_ns += 200 * kSecondNs;
  learn(kGreenC, kOtherStranger);
  now_ns += 101 * kSecondNs;
  EXPECT_EQ(found(kStranger)->age_seconds, 301u);
  EXPECT_EQ(net.green.age(now_ns), 1u);
  EXPECT_FALSE(found(kStranger).has_value());
  const Bytes unknown = l2_frame(kStranger, kGreenA.mac);
  expect_delivered(kGreenA, unknown,
                   {{kGreenB, unknown}, {kGreenC, unknown}, {kGreenUplink, unknown}});
  const Bytes known = l2_frame(kOtherStranger, kGreenA.mac);
  expect_delivered(kGreenA, known, {{kGreenC, known}});
}

TEST_F(BridgeInputTest, DropsWhatIsForAStationBehindTheSamePort) {
  learn(kGreenUplink, kStranger);
  expect_dropped(kGreenUplink, l2_frame(kStranger, kOtherStranger), DropReason::kSamePort);
}

TEST_F(BridgeInputTest, DropsReservedGroupsAndImpossibleSources) {
  const Mac last_reserved{{1, 0x80, 0xc2, 0, 0, 0xf}};
  expect_all_dropped(
      kGreenUplink,
      {{"BPDU", l2_frame({{1, 0x80, 0xc2, 0, 0, 0}}, kStranger), DropReason::kLinkLocalGroup},
       {"last", l2_frame(last_reserved, kStranger), DropReason::kLinkLocalGroup},
       {"group", l2_frame(kGreenA.mac, {{1, 0, 0x5e, 0, 0, 1}}), DropReason::kSourceMac},
       {"broadcast", l2_frame(kGreenA.mac, kBroadcastMac), DropReason::kSourceMac},
       {"zero", l2_frame(kGreenA.mac, {}), DropReason::kSourceMac}});
  EXPECT_EQ(net.green.fdb.size(), 2u);  // the pinned ones
  const Bytes next = l2_frame({{1, 0x80, 0xc2, 0, 0, 0x10}}, kStranger);
  expect_delivered(kGreenUplink, next, {{kGreenA, next}, {kGreenB, next}, {kGreenC, next}});
}

TEST_F(BridgeInputTest, DropsWhatIsLongerThanTheMtuOfTheOutputPort) {
  const Bytes fits = l2_frame(kGreenB.mac, kGreenA.mac, 1500);
  expect_delivered(kGreenA, fits, {{kGreenB, fits}});
  expect_dropped(kGreenA, l2_frame(kGreenB.mac, kGreenA.mac, 1501), DropReason::kMtuExceeded);
  const Bytes with_tag = tagged(fits, 5);
  expect_delivered(kGreenA, with_tag, {{kGreenB, with_tag}});
  expect_dropped(kGreenA, tagged(l2_frame(kGreenB.mac, kGreenA.mac, 1501), 5),
                 DropReason::kMtuExceeded);
}

TEST_F(BridgeInputTest, ForgetsTheAddressesOfARemovedPort) {
  learn(kGreenUplink, kStranger);
  net.graph.detach(kGreenUplink.port);
  expect_dropped(kGreenA, l2_frame(kStranger, kGreenA.mac), DropReason::kPortGone);
  net.green.remove_port(kGreenUplink.port);
  net.green.reclaim();
  EXPECT_FALSE(found(kStranger).has_value());
  EXPECT_EQ(net.green.fdb.learned_by(kGreenUplink.port), 0u);
  EXPECT_EQ(net.green.members(0).size(), 3u);
}

TEST_F(BridgeInputTest, NeverSendsIntoAnotherNetworkThatHasTakenThePortNumber) {
  learn(kGreenUplink, kStranger);
  Bridge other{{.id = 4, .fdb_capacity = 64, .fdb_seed = 1}};
  const PortConfig green = net.port(kGreenUplink).config;
  net.reconfigure(kGreenUplink, [&](PortConfig& config) { config.bridge = &other; });
  expect_dropped(kGreenA, l2_frame(kStranger, kGreenA.mac), DropReason::kPortGone);
  const Bytes frame = l2_frame(kBroadcastMac, kGreenA.mac);
  expect_delivered(kGreenA, frame, {{kGreenB, frame}, {kGreenC, frame}});
  net.reconfigure(kGreenUplink, [&](PortConfig& config) { config.bridge = green.bridge; });
}

TEST_F(BridgeInputTest, IsApartFromTheRoutedNetworks) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  expect_forwarded(kBlueA, frame, kBlueB);
  expect_silence();
}

}  // namespace

}  // namespace millrace
