// VLANs: A and B are access ports, C and the uplink are trunks unless a test says otherwise.
#include "graph/bridge_fixture.hpp"

namespace millrace {

namespace {

constexpr std::uint16_t kPriority = 0xb000;  // PCP 5, DEI set

class BridgeVlanTest : public BridgeTest {
 protected:
  BridgeVlanTest() {
    make_access(kGreenA, 10);
    make_access(kGreenB, 20);
    make_trunk(kGreenC, {10, 20});
    make_trunk(kGreenUplink, {10, 30}, 20);
  }
  static Bytes broadcast(const Mac& from) { return l2_frame(kBroadcastMac, from); }
};

TEST_F(BridgeVlanTest, TagsTowardATrunkAndNotTowardTheNativeVlan) {
  const Bytes from_a = broadcast(kGreenA.mac);
  expect_delivered(kGreenA, from_a,
                   {{kGreenC, tagged(from_a, 10)}, {kGreenUplink, tagged(from_a, 10)}});
  const Bytes from_b = broadcast(kGreenB.mac);
  expect_delivered(kGreenB, from_b, {{kGreenC, tagged(from_b, 20)}, {kGreenUplink, from_b}});
}

TEST_F(BridgeVlanTest, StripsTheTagTowardAnAccessPortAndKeepsPriorityOnATrunk) {
  const Bytes inner = broadcast(kStranger);
  expect_delivered(kGreenC, tagged(inner, kPriority | 10),
                   {{kGreenA, inner}, {kGreenUplink, tagged(inner, kPriority | 10)}});
  expect_delivered(kGreenC, tagged(inner, kPriority | 20),
                   {{kGreenB, inner}, {kGreenUplink, inner}});
}

TEST_F(BridgeVlanTest, TakesUntaggedFramesOfATrunkIntoItsNativeVlan) {
  const Bytes frame = broadcast(kStranger);
  expect_delivered(kGreenUplink, frame, {{kGreenB, frame}, {kGreenC, tagged(frame, 20)}});
  expect_delivered(kGreenUplink, tagged(frame, 20),
                   {{kGreenB, frame}, {kGreenC, tagged(frame, 20)}});
  expect_dropped(kGreenC, frame, DropReason::kVlanNotMember);
}

TEST_F(BridgeVlanTest, PutsPriorityTaggedFramesIntoThePortsOwnVlan) {
  const Bytes inner = broadcast(kGreenA.mac);
  expect_delivered(
      kGreenA, tagged(inner, kPriority),
      {{kGreenC, tagged(inner, kPriority | 10)}, {kGreenUplink, tagged(inner, kPriority | 10)}});
  const Bytes native = broadcast(kStranger);
  expect_delivered(kGreenUplink, tagged(native, kPriority),
                   {{kGreenB, native}, {kGreenC, tagged(native, kPriority | 20)}});
  expect_dropped(kGreenC, tagged(native, kPriority), DropReason::kVlanNotMember);
}

TEST_F(BridgeVlanTest, RefusesVlansThatThePortIsNotIn) {
  expect_dropped(kGreenA, tagged(broadcast(kGreenA.mac), 10), DropReason::kVlanUnexpected);
  expect_dropped(kGreenA, tagged(broadcast(kGreenA.mac), 20), DropReason::kVlanUnexpected);
  expect_dropped(kGreenC, tagged(broadcast(kStranger), 30), DropReason::kVlanNotMember);
  expect_dropped(kGreenC, tagged(broadcast(kStranger), 4095), DropReason::kVlanNotMember);
}

TEST_F(BridgeVlanTest, NeverCrossesFromOneVlanIntoAnother) {
  // B's address is known in VLAN 20 only; in VLAN 10 it is flooded to the members of VLAN 10.
  const Bytes frame = l2_frame(kGreenB.mac, kGreenA.mac);
  expect_delivered(kGreenA, frame,
                   {{kGreenC, tagged(frame, 10)}, {kGreenUplink, tagged(frame, 10)}});
  expect_dropped(kGreenUplink, tagged(broadcast(kStranger), 30), DropReason::kSamePort);
}

TEST_F(BridgeVlanTest, KeepsInnerAndServiceTagsAsPayload) {
  const Bytes service = tagged(broadcast(kGreenA.mac), 5, kEtherTypeQinQ);
  expect_delivered(kGreenA, service,
                   {{kGreenC, tagged(service, 10)}, {kGreenUplink, tagged(service, 10)}});
  const Bytes inner = tagged(broadcast(kStranger), 20);
  expect_delivered(kGreenC, tagged(inner, 10),
                   {{kGreenA, inner}, {kGreenUplink, tagged(inner, 10)}});
}

TEST_F(BridgeVlanTest, LetsNoFrameHopIntoAVlanByASecondTag) {
  const Bytes hidden = tagged(broadcast(kStranger), 10);
  const std::uint64_t refused = net.counters_of(kGreenC).drops(DropReason::kVlanUnexpected);
  expect_delivered(kGreenC, tagged(hidden, 20), {{kGreenB, hidden}});  // not on the native VLAN
  EXPECT_EQ(net.counters_of(kGreenC).drops(DropReason::kVlanUnexpected), refused + 1);
  expect_dropped(kGreenA, tagged(tagged(broadcast(kGreenA.mac), 20), 0),
                 DropReason::kVlanUnexpected);
}

TEST_F(BridgeVlanTest, SendsToKnownStationsInTheFormOfTheirPort) {
  send(kGreenUplink, tagged(broadcast(kStranger), 10));
  forget_received();
  const Bytes there = l2_frame(kStranger, kGreenA.mac);
  expect_delivered(kGreenA, there, {{kGreenUplink, tagged(there, 10)}});
  const Bytes back = l2_frame(kGreenA.mac, kStranger);
  expect_delivered(kGreenUplink, tagged(back, kPriority | 10), {{kGreenA, back}});
}

TEST_F(BridgeVlanTest, LeavesByNoPortOutsideTheVlanWhateverAStaticEntrySays) {
  net.green.fdb.add_static(10, kStranger, kGreenB.port, false);
  expect_dropped(kGreenA, l2_frame(kStranger, kGreenA.mac), DropReason::kVlanNotMember);
  net.green.fdb.add_static(10, kOtherStranger, kGreenUplink.port, false);
  const Bytes frame = l2_frame(kOtherStranger, kGreenA.mac);
  expect_delivered(kGreenA, frame, {{kGreenUplink, tagged(frame, 10)}});
}

TEST_F(BridgeVlanTest, AllowsForTheTagBesideTheMtu) {
  const Bytes fits = l2_frame(kBroadcastMac, kGreenA.mac, 1500);
  expect_delivered(kGreenA, fits, {{kGreenC, tagged(fits, 10)}, {kGreenUplink, tagged(fits, 10)}});
  const Bytes back = l2_frame(kGreenA.mac, kStranger, 1500);
  expect_delivered(kGreenC, tagged(back, 10), {{kGreenA, back}});
  expect_dropped(kGreenC, tagged(l2_frame(kGreenA.mac, kStranger, 1501), 10),
                 DropReason::kMtuExceeded);
}

TEST_F(BridgeVlanTest, DropsTaggedFramesCutShort) {
  const Bytes frame = tagged(broadcast(kStranger), 10);
  for (std::ptrdiff_t length = 0; length < 18; ++length)
    expect_dropped(kGreenC, {frame.begin(), frame.begin() + length}, DropReason::kRunt);
}

TEST_F(BridgeVlanTest, ListsTheMembersOfEachVlan) {
  const auto members = [&](std::uint16_t vlan) {
    const auto ports = net.green.members(vlan);
    return std::vector<std::uint16_t>(ports.begin(), ports.end());
  };
  EXPECT_EQ(members(10), (std::vector<std::uint16_t>{3, 5, 6}));
  EXPECT_EQ(members(20), (std::vector<std::uint16_t>{4, 5, 6}));
  EXPECT_EQ(members(30), (std::vector<std::uint16_t>{6}));
  EXPECT_TRUE(members(0).empty());
  EXPECT_TRUE(members(4095).empty());
}

class BridgeWithoutVlansTest : public BridgeTest {};

TEST_F(BridgeWithoutVlansTest, PassesTagsAsTheyAre) {
  for (const std::uint16_t tci : {0x0005, 0xb000, 0x0fff}) {
    const Bytes frame = tagged(l2_frame(kBroadcastMac, kStranger), tci);
    expect_delivered(kGreenUplink, frame, {{kGreenA, frame}, {kGreenB, frame}, {kGreenC, frame}});
  }
  EXPECT_EQ(net.green.fdb.find(0, kStranger)->port, kGreenUplink.port);
}

}  // namespace

}  // namespace millrace
