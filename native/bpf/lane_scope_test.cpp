// How much of its packets a flow of the lane is told apart by: as little as the graph goes by.
#include <random>

#include "bpf/lane_fixture.hpp"

namespace millrace {

namespace {

constexpr Ip4 kBehind = ip4_address(10, 97, 0, 0);

class LaneScopeTest : public LaneFixture {
 protected:
  static constexpr std::uint32_t kToB = kFirstAdjacency + kBlueB.port,
                                 kOtherWay = kFirstAdjacency + 20, kNowhere = kOtherWay + 1;

  void SetUp() override {
    LaneFixture::SetUp();
    if (IsSkipped()) return;
    Adjacency other = net().adjacencies[kToB];
    other.destination.bytes[5] ^= 0x10;
    net().adjacencies.publish(kOtherWay, other);
    Adjacency nowhere;
    nowhere.kind = AdjacencyKind::kBlackhole;
    net().adjacencies.publish(kNowhere, nowhere);
  }
  void route(Ip4 prefix, std::uint32_t length, std::uint32_t adjacency) {
    std::uint8_t bytes[4];
    store_be32(bytes, prefix);
    net().blue.fib4.insert(bytes, length, adjacency);
  }
  void withdraw(Ip4 prefix, std::uint32_t length) {
    std::uint8_t bytes[4];
    store_be32(bytes, prefix);
    net().blue.fib4.erase(bytes, length);
  }
  // The loop has seen the first of them only.
  bool are_one_flow(const Pod& from, const Bytes& first, const Bytes& second) {
    through_graph(from, first);
    EXPECT_TRUE(through_lane(from, first)) << "the lane does not have the first one";
    return through_lane(from, second).has_value();
  }
  static Bytes between_stations(Ip4 destination) {
    return ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeIp4,
                    ip4_packet({.source = kGreenA.ip4, .destination = destination}, udp({})));
  }
  static Bytes out_of_tunnel(std::uint32_t vni, const Mac& to, const Mac& from, Ip4 destination) {
    const Bytes packet = ip4_packet({.source = kRemote4, .destination = destination}, udp({}));
    return from_peer({.vni = vni}, ethernet(to, from, kEtherTypeIp4, packet));
  }
  std::uint32_t below(std::uint32_t limit) { return random_() % limit; }

  std::mt19937 random_{4};
};

TEST_F(LaneScopeTest, IsOneFlowToAllDestinationsBehindARoute) {
  route(kBehind, 16, kToB);
  EXPECT_TRUE(are_one_flow(kBlueA, udp4(kBlueA, kBehind + 1), udp4(kBlueA, kBehind + 0xfffe)));
}

TEST_F(LaneScopeTest, IsOneFlowToTwentyFourBitsWhereSixteenAreNotAnsweredAlike) {
  route(kBehind, 16, kToB);
  route(kBehind + 0x700, 24, kOtherWay);
  EXPECT_TRUE(are_one_flow(kBlueA, udp4(kBlueA, kBehind + 1), udp4(kBlueA, kBehind + 0xfe)));
  EXPECT_FALSE(through_lane(kBlueA, udp4(kBlueA, kBehind + 0x701)));
}

TEST_F(LaneScopeTest, IsAFlowForEachDestinationBesideAHostRoute) {
  route(kBehind, 16, kToB);
  route(kBehind + 9, 32, kOtherWay);
  EXPECT_FALSE(are_one_flow(kBlueA, udp4(kBlueA, kBehind + 1), udp4(kBlueA, kBehind + 9)));
}

TEST_F(LaneScopeTest, FindsAFlowBesideAnInvalidOneOfAWiderScope) {
  route(kBehind, 16, kToB);
  ASSERT_TRUE(are_one_flow(kBlueA, udp4(kBlueA, kBehind + 1), udp4(kBlueA, kBehind + 2)));
  route(kBehind + 9, 32, kOtherWay);
  const Bytes frame = udp4(kBlueA, kBehind + 9);
  through_graph(kBlueA, frame);
  EXPECT_TRUE(through_lane(kBlueA, frame));
}

TEST_F(LaneScopeTest, IsOneFlowToAStationWhateverItsIpAddress) {
  EXPECT_TRUE(are_one_flow(kGreenA, between_stations(kGreenB.ip4), between_stations(kRemote4)));
}

TEST_F(LaneScopeTest, IsAFlowForEachDestinationOfAnUplink) {
  net().reconfigure(kBlueB, [](PortConfig& config) {
    config.lane = config.uplink = true;
    config.has_ip4 = config.has_ip6 = false;
  });
  net().adjacencies.changes.tell();
  route(kBehind, 16, kFirstAdjacency + kBlueA.port);
  const auto from_outside = [](Ip4 destination) {
    return frame_from(
        kBlueB, kEtherTypeIp4,
        ip4_packet({.source = ip4_address(198, 51, 100, 1), .destination = destination}, udp({})));
  };
  EXPECT_FALSE(are_one_flow(kBlueB, from_outside(kBehind + 1), from_outside(kBehind + 2)));
}

TEST_F(LaneScopeTest, KeepsTenantsWithTheSameAddressesApartOnOneUplink) {
  const Bytes blue = out_of_tunnel(kBlueVni, kBlueMac, kPeerMac, kBlueA.ip4);
  const Bytes green = out_of_tunnel(kGreenVni, kGreenA.mac, kRemoteStation, kBlueA.ip4);
  through_graph(kRedC, blue);
  through_graph(kRedC, green);
  const std::optional<Left> to_blue = through_lane(kRedC, blue);
  const std::optional<Left> to_green = through_lane(kRedC, green);
  ASSERT_TRUE(to_blue && to_green) << "one of them has taken the other's place";
  EXPECT_EQ(to_blue->port, kBlueA.port);
  EXPECT_EQ(to_green->port, kGreenA.port);
}

// Whatever routes come and go inside a block, the lane follows them or does nothing.
TEST_F(LaneScopeTest, FollowsRoutesThatComeAndGoInsideABlock) {
  route(kBehind, 16, kToB);
  std::uint32_t hits = 0;
  for (int change = 0; change < 300; ++change) {
    const std::uint32_t length = 16 + below(17);
    const Ip4 prefix = (kBehind + below(1024)) & ~((1ull << (32 - length)) - 1);
    if (below(3) == 0 && length > 16)
      withdraw(prefix, length);
    else
      route(prefix, length, std::array{kToB, kOtherWay, kNowhere}[below(3)]);
    for (int i = 0; i < 20; ++i) {
      through_graph(kBlueA, udp4(kBlueA, kBehind + below(1024)));
      const Bytes other = udp4(kBlueA, kBehind + below(1024));
      const std::optional<Left> got = through_lane(kBlueA, other);
      if (!got) continue;
      ++hits;
      const std::vector<Left> as_graph = through_graph(kBlueA, other);
      ASSERT_EQ(as_graph.size(), 1u) << "after " << change << " changes";
      ASSERT_EQ(hex(got->frame), hex(as_graph[0].frame)) << "after " << change << " changes";
    }
  }
  EXPECT_GT(hits, 100u);
}

}  // namespace

}  // namespace millrace
