// A bridge domain across nodes: learning, flooding and split horizon.
#include "graph/vxlan_fixture.hpp"

namespace millrace {

namespace {

class VxlanBridgeTest : public VxlanTest {
 protected:
  static Bytes in_tunnel(const Bytes& frame, Ip4 from = kPeer4) {
    return from_peer({.source = from, .vni = kGreenVni}, frame);
  }
  std::vector<Ip4> vteps_reached(const Pod& from, const Bytes& frame) {
    send(from, frame);
    std::vector<Ip4> reached;
    for (const Bytes& sent : received_by(kRedC)) {
      reached.push_back(load_be32(&sent[kEthernetLength + ip4::kDestination]));
      EXPECT_EQ(hex(std::span(sent).subspan(50)), hex(frame));
    }
    return reached;
  }
  void expect_at_stations(const Bytes& frame, const std::vector<Pod>& stations) {
    for (const Pod& station : stations) {
      const std::vector<Bytes> frames = received_by(station);
      ASSERT_EQ(frames.size(), 1u) << "port " << station.port;
      EXPECT_EQ(hex(frames[0]), hex(frame));
    }
  }
};

TEST_F(VxlanBridgeTest, CarriesAFrameToTheVtepThatItsDestinationIsBehind) {
  EXPECT_EQ(vteps_reached(kGreenA, l2_udp(kRemoteStation, kGreenA)), std::vector<Ip4>{kPeer4});
}

TEST_F(VxlanBridgeTest, DeliversWhatComesOutToTheStation) {
  const Bytes frame = l2_frame(kGreenA.mac, kRemoteStation);
  send(kRedC, in_tunnel(frame));
  expect_at_stations(frame, {kGreenA});
}

TEST_F(VxlanBridgeTest, LearnsWhichVtepAStationIsBehindAndFollowsItsMoves) {
  send(kRedC, in_tunnel(l2_frame(kGreenA.mac, kStranger)));
  send(kRedC, in_tunnel(l2_frame(kGreenA.mac, kStranger), kOtherPeer4));
  EXPECT_EQ(received_by(kGreenA).size(), 2u);
  EXPECT_EQ(vteps_reached(kGreenA, l2_udp(kStranger, kGreenA)), std::vector<Ip4>{kOtherPeer4});
  EXPECT_EQ(net.counters_of(kGreenPort).get(kMacMoves), 1u);
}

TEST_F(VxlanBridgeTest, LearnsNothingFromTunnelsWhereTheControlPlaneKnows) {
  overlay.green.learning = false;
  send(kRedC, in_tunnel(l2_frame(kGreenA.mac, kStranger)));
  EXPECT_EQ(received_by(kGreenA).size(), 1u);
  EXPECT_FALSE(net.green.fdb.find(0, kStranger));
}

TEST_F(VxlanBridgeTest, RefusesAStationOfThisNodeThatComesFromAnother) {
  for (const bool learning : {true, false}) {
    overlay.green.learning = learning;
    expect_refused_inside("a pod's MAC", in_tunnel(l2_frame(kGreenB.mac, kGreenA.mac)),
                          DropReason::kSourceMac);
  }
}

// It has moved, and the fabric has not told yet.
TEST_F(VxlanBridgeTest, TakesAStationFromAnotherVtepThanTheControlPlaneKnowsOf) {
  overlay.green.learning = false;
  const Bytes frame = l2_frame(kGreenA.mac, kRemoteStation);
  send(kRedC, in_tunnel(frame, kOtherPeer4));
  expect_at_stations(frame, {kGreenA});
}

TEST_F(VxlanBridgeTest, FloodsToEveryStationAndEveryVtepOnce) {
  const Bytes frame = l2_udp(kBroadcastMac, kGreenA);
  EXPECT_EQ(vteps_reached(kGreenA, frame), (std::vector<Ip4>{kPeer4, kOtherPeer4}));
  expect_at_stations(frame, {kGreenB, kGreenC, kGreenUplink});
}

TEST_F(VxlanBridgeTest, FloodsWhatComesFromAVtepToStationsOnly) {
  const Bytes frame = l2_frame(kBroadcastMac, kRemoteStation);
  send(kRedC, in_tunnel(frame));
  EXPECT_TRUE(received_by(kRedC).empty());
  expect_at_stations(frame, {kGreenA, kGreenB, kGreenC, kGreenUplink});
}

TEST_F(VxlanBridgeTest, NeverSendsFromOneVtepToAnother) {
  expect_refused_inside("known behind another VTEP",
                        in_tunnel(l2_frame(kRemoteStation, kStranger), kOtherPeer4),
                        DropReason::kSplitHorizon);
}

TEST_F(VxlanBridgeTest, CarriesNoTags) {
  const Bytes frame = tagged(l2_frame(kRemoteStation, kStranger), 7);
  EXPECT_EQ(reason_for(kGreenC, frame), DropReason::kVxlanInnerVlan);
}

TEST_F(VxlanBridgeTest, DropsWhatIsLongerThanTheNetworkAllows) {
  EXPECT_EQ(reason_for(kGreenA, l2_udp(kRemoteStation, kGreenA, 1450 - 28 + 1)),
            DropReason::kMtuExceeded);
}

}  // namespace

}  // namespace millrace
