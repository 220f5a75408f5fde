// When the lane stops: the next packet after a change is the loop's.
#include "bpf/lane_fixture.hpp"

namespace millrace {

namespace {

class LaneRevocationTest : public LaneFixture {
 protected:
  // A flow that the lane has, and whether it still has it after a change.
  void expect_ended_by(const Pod& from, const Bytes& frame, const std::function<void()>& change) {
    through_graph(from, frame);
    ASSERT_TRUE(through_lane(from, frame)) << "the lane has never had the flow";
    change();
    EXPECT_FALSE(through_lane(from, frame)) << "still in the lane";
    through_graph(from, frame);
  }
  static Bytes between_stations() {
    Bytes frame = ethernet(
        kGreenB.mac, kGreenA.mac, kEtherTypeIp4,
        ip4_packet({.source = kGreenA.ip4, .destination = kGreenB.ip4}, udp(counting(18))));
    set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kRight);
    return frame;
  }
  static Bytes out_of_tunnel() {
    const Bytes packet =
        ip4_packet({.source = kRemote4, .destination = kBlueA.ip4}, udp(counting(18)));
    return from_peer({}, ethernet(kBlueMac, kPeerMac, kEtherTypeIp4, packet));
  }
  void withdraw(Vrf& vrf, Ip4 prefix, std::uint32_t length) {
    std::uint8_t bytes[4];
    store_be32(bytes, prefix);
    ASSERT_TRUE(vrf.fib4.erase(bytes, length));
  }
};

TEST_F(LaneRevocationTest, EndsAFlowWhoseRouteIsWithdrawn) {
  expect_ended_by(kBlueA, udp4(kBlueA, kBlueB.ip4), [&] { withdraw(net().blue, kBlueB.ip4, 32); });
}

TEST_F(LaneRevocationTest, EndsATunnelledFlowWhoseRouteIsWithdrawn) {
  expect_ended_by(kBlueA, udp4(kBlueA, kRemote4),
                  [&] { withdraw(net().blue, ip4_address(10, 99, 0, 0), 16); });
}

TEST_F(LaneRevocationTest, EndsATunnelledFlowWhoseWayThroughTheUnderlayIsWithdrawn) {
  expect_ended_by(kBlueA, udp4(kBlueA, kRemote4),
                  [&] { withdraw(net().red, ip4_address(192, 0, 2, 0), 24); });
}

TEST_F(LaneRevocationTest, EndsAFlowOutOfATunnelWhoseRouteIsWithdrawn) {
  expect_ended_by(kRedC, out_of_tunnel(), [&] { withdraw(net().blue, kBlueA.ip4, 32); });
}

TEST_F(LaneRevocationTest, EndsFlowsWhenANeighbourHasAnotherAddress) {
  expect_ended_by(kBlueA, udp4(kBlueA, kBlueB.ip4), [&] {
    Adjacency moved = net().adjacencies[kFirstAdjacency + kBlueB.port];
    moved.destination.bytes[5] ^= 1;
    net().adjacencies.publish(kFirstAdjacency + kBlueB.port, moved);
  });
}

TEST_F(LaneRevocationTest, EndsFlowsWhoseWayTakesOnlyShorterPackets) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4, 900);
  expect_ended_by(kBlueA, frame, [&] {
    Adjacency narrow = net().adjacencies[kFirstAdjacency + kBlueB.port];
    narrow.mtu = 700;
    net().adjacencies.publish(kFirstAdjacency + kBlueB.port, narrow);
  });
  const Bytes shorter = udp4(kBlueA, kBlueB.ip4, 100);
  through_graph(kBlueA, shorter);
  EXPECT_TRUE(through_lane(kBlueA, shorter));
  EXPECT_FALSE(through_lane(kBlueA, frame)) << "by the flow of shorter packets";
}

TEST_F(LaneRevocationTest, EndsFlowsToAStationThatTurnsUpElsewhere) {
  // Behind the uplink and behind a pod without pinned addresses.
  const Mac wanderer{{2, 0, 0, 0, 9, 9}};
  Bytes hello = ethernet(kGreenA.mac, wanderer, 0x88b6, counting(46));
  Bytes frame = between_stations();
  std::memcpy(frame.data(), wanderer.bytes.data(), 6);
  through_graph(kGreenUplink, hello);
  expect_ended_by(kGreenA, frame, [&] { through_graph(kGreenC, hello); });
}

TEST_F(LaneRevocationTest, EndsFlowsToADeviceThatTakesNoMore) {
  expect_ended_by(kGreenA, between_stations(), [&] { table().set_target(kGreenB.port, false); });
  EXPECT_FALSE(through_lane(kGreenA, between_stations())) << "recorded although it has no way";
  table().set_target(kGreenB.port, true);
  through_graph(kGreenA, between_stations());
  EXPECT_TRUE(through_lane(kGreenA, between_stations())) << "not recorded again";
}

TEST_F(LaneRevocationTest, LetsNobodyElseUseAFlow) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  through_graph(kBlueA, frame);
  ASSERT_TRUE(through_lane(kBlueA, frame));
  EXPECT_FALSE(through_lane(kBlueB, frame)) << "from another port";
  EXPECT_FALSE(through_lane(kGreenA, frame)) << "from another network";
  Bytes other = frame;
  other[11] ^= 1;
  EXPECT_FALSE(through_lane(kBlueA, other)) << "with another source address";
}

TEST_F(LaneRevocationTest, TakesNothingWhileItIsClosed) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  expect_ended_by(kBlueA, frame, [&] { table().open(false); });
}

TEST_F(LaneRevocationTest, LeavesARouteThatCountsItsPacketsToTheLoop) {
  Adjacency counted;
  counted.kind = AdjacencyKind::kCounted;
  counted.child = kFirstAdjacency + kBlueB.port;
  counted.counter = 1;
  const std::uint32_t number = net().adjacencies.allocate();
  net().adjacencies.publish(number, counted);
  const Ip4 behind = ip4_address(10, 77, 0, 1);
  std::uint8_t bytes[4];
  store_be32(bytes, behind);
  net().blue.fib4.insert(bytes, 32, number);
  EXPECT_EQ(through_graph(kBlueA, udp4(kBlueA, behind)).size(), 1u);
  EXPECT_FALSE(through_lane(kBlueA, udp4(kBlueA, behind)));
}

}  // namespace

}  // namespace millrace
