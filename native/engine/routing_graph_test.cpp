// What packets meet: the tables as Routing writes them, walked by the real graph.
#include <map>

#include "engine/routing_fixture.hpp"

namespace millrace {

namespace {

class RoutingGraphTest : public RoutingTest {
 protected:
  // Where each of so many flows leaves: the MAC of the router.
  std::map<std::uint16_t, Mac> spread(std::uint16_t flows) {
    std::map<std::uint16_t, Mac> where;
    for (std::uint16_t flow = 0; flow < flows; ++flow) {
      send("203.0.113.7", static_cast<std::uint16_t>(1000 + flow));
      for (const std::uint16_t port : {kUplink, kUplink2})
        for (const Bytes& frame : sent_by(port)) where[flow] = destination_of(frame);
    }
    return where;
  }
  static std::size_t count(const std::map<std::uint16_t, Mac>& where, const Mac& mac) {
    std::size_t found = 0;
    for (const auto& [flow, router] : where) found += router == mac ? 1 : 0;
    return found;
  }
};

TEST_F(RoutingGraphTest, AGatewayIsReachedThroughItsPort) {
  neighbour(kUplink, "192.0.2.1", 1);
  kernel("0.0.0.0/0", {via(kUplink, "192.0.2.1")});
  send("203.0.113.7");
  const auto frames = sent_by(kUplink);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(destination_of(frames[0]), router_mac(1));
}

TEST_F(RoutingGraphTest, FlowsAreSpreadInProportionAndStayWhereTheyAre) {
  neighbour(kUplink, "192.0.2.1", 1);
  neighbour(kUplink, "192.0.2.2", 2);
  neighbour(kUplink2, "192.0.2.3", 3);
  apply({unicast("203.0.113.0/24", {via(kUplink, "192.0.2.1", 2), via(kUplink, "192.0.2.2"),
                                    via(kUplink2, "192.0.2.3")})});
  const auto before = spread(800);
  ASSERT_EQ(before.size(), 800u);
  EXPECT_NEAR(count(before, router_mac(1)), 400, 60);
  EXPECT_NEAR(count(before, router_mac(2)), 200, 50);
  EXPECT_NEAR(count(before, router_mac(3)), 200, 50);

  no_neighbour(kUplink, "192.0.2.2");
  const auto after = spread(800);
  ASSERT_EQ(after.size(), 800u);
  EXPECT_EQ(count(after, router_mac(2)), 0u) << "into a black hole";
  for (const auto& [flow, router] : before) {
    if (router != router_mac(2)) {
      EXPECT_EQ(after.at(flow), router) << "flow " << flow << " moved";
    }
  }

  neighbour(kUplink, "192.0.2.2", 2);
  const auto back = spread(800);
  EXPECT_NEAR(count(back, router_mac(2)), 200, 50);
  for (const auto& [flow, router] : back) {
    if (router != router_mac(2)) {
      EXPECT_EQ(after.at(flow), router) << "flow " << flow << " moved";
    }
  }
}

TEST_F(RoutingGraphTest, AnotherMacIsUsedAtOnceByEveryRoute) {
  neighbour(kUplink, "192.0.2.1", 1);
  for (int i = 0; i < 100; ++i)
    kernel("10." + std::to_string(100 + i) + ".0.0/16", {via(kUplink, "192.0.2.1")});
  neighbour(kUplink, "192.0.2.1", 9);
  for (int i = 0; i < 100; ++i) send("10." + std::to_string(100 + i) + ".0.1");
  const auto frames = sent_by(kUplink);
  ASSERT_EQ(frames.size(), 100u);
  for (const Bytes& frame : frames) EXPECT_EQ(destination_of(frame), router_mac(9));
}

TEST_F(RoutingGraphTest, SaysWhatTheRouteSays) {
  apply({special("10.6.0.0/16", RouteType::kBlackhole),
         special("10.7.0.0/16", RouteType::kUnreachable),
         special("10.8.0.0/16", RouteType::kProhibit)});
  send("10.6.0.1");
  EXPECT_EQ(icmp_to_pod(), (std::pair{-1, 0}));
  EXPECT_EQ(drops(DropReason::kBlackhole), 1u);
  send("10.7.0.1");
  EXPECT_EQ(icmp_to_pod(), (std::pair{3, 1}));
  send("10.8.0.1");
  EXPECT_EQ(icmp_to_pod(), (std::pair{3, 13}));
  send("10.9.0.1");
  EXPECT_EQ(icmp_to_pod(), (std::pair{3, 0}));
}

TEST_F(RoutingGraphTest, ALeakIsDecidedByTheOtherNetwork) {
  send("10.2.0.2");
  EXPECT_EQ(icmp_to_pod(), (std::pair{3, 0})) << "networks are apart";
  apply({leak("10.2.0.0/16", kRed)});
  send("10.2.0.2");
  const auto frames = sent_by(kRedPod);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(destination_of(frames[0]), pod_mac(kRedPod));
  send("10.2.0.3");
  EXPECT_EQ(icmp_to_pod(), (std::pair{3, 0}));
  EXPECT_EQ(route_to("10.2.0.2").leak_to, kRed);
}

TEST_F(RoutingGraphTest, ACountedRouteCountsWhatTakesIt) {
  neighbour(kUplink, "192.0.2.1", 1);
  RouteChange change = unicast("203.0.113.0/24", {via(kUplink, "192.0.2.1")});
  change.counted = true;
  apply({change});
  for (int i = 0; i < 3; ++i) send("203.0.113.7");
  const std::size_t length = packet_to("203.0.113.7").size();
  EXPECT_EQ(route_to("203.0.113.7").packets, 3u);
  EXPECT_EQ(route_to("203.0.113.7").bytes, 3 * length);
  apply({deletion("203.0.113.0/24")});
  apply({change});
  EXPECT_EQ(route_to("203.0.113.7").packets, 0u) << "of the route before";
  send("203.0.113.7");
  EXPECT_EQ(route_to("203.0.113.7").packets, 1u);
  EXPECT_EQ(sent_by(kUplink).size(), 4u);
}

TEST_F(RoutingGraphTest, NetworksMayUseTheSamePrefixes) {
  neighbour(kUplink, "192.0.2.1", 1);
  neighbour(kRedUplink, "192.0.2.1", 2);
  kernel("203.0.113.0/24", {via(kUplink, "192.0.2.1")});
  kernel("203.0.113.0/24", {via(kRedUplink, "192.0.2.1")}, kRed);
  send("203.0.113.7");
  Bytes frame = packet_to("203.0.113.7");
  std::memcpy(frame.data(), port_mac(kRedPod).bytes.data(), 6);
  std::memcpy(frame.data() + 6, pod_mac(kRedPod).bytes.data(), 6);
  store_be32(&frame[kEthernetLength + ip4::kSource], ip4_address(10, 2, 0, 2));
  seal_ip4(frame, kEthernetLength);
  ports[kRedPod]->inject(frame);
  run();
  const auto blue_frames = sent_by(kUplink), red_frames = sent_by(kRedUplink);
  ASSERT_EQ(blue_frames.size(), 1u);
  ASSERT_EQ(red_frames.size(), 1u);
  EXPECT_EQ(destination_of(blue_frames[0]), router_mac(1));
  EXPECT_EQ(destination_of(red_frames[0]), router_mac(2));
}

TEST_F(RoutingGraphTest, NobodyAnswersForAPortThatIsDown) {
  neighbour(kUplink, "192.0.2.1", 1);
  apply({unicast("203.0.113.0/24", {via(kUplink, "192.0.2.1")})});
  routing.set_port_up(kUplink, false);
  send("203.0.113.7");
  EXPECT_EQ(icmp_to_pod(), (std::pair{3, 1}));
  EXPECT_EQ(route_to("203.0.113.7").type, RouteType::kUnicast) << "that is what it is";
  routing.set_port_up(kUplink, true);
  send("203.0.113.7");
  EXPECT_EQ(sent_by(kUplink).size(), 1u);
}

TEST_F(RoutingGraphTest, TellsWhichNeighboursTrafficUses) {
  neighbour(kUplink, "192.0.2.1", 1);
  neighbour(kUplink, "192.0.2.2", 2);
  kernel("0.0.0.0/0", {via(kUplink, "192.0.2.1")});
  send("203.0.113.7");
  EXPECT_EQ(sent_by(kUplink).size(), 1u);
  std::vector<std::string> used;
  const auto note = [&](std::uint16_t, const IpAddress& address) {
    used.push_back(to_text(address));
  };
  routing.collect_used(note);
  EXPECT_EQ(used, std::vector<std::string>{"192.0.2.1"});
  routing.collect_used(note);
  EXPECT_EQ(used.size(), 1u) << "told once";
}

TEST_F(RoutingGraphTest, APacketForTheGatewayItselfIsNotForwarded) {
  apply({unicast("10.1.0.0/16", {via(kUplink)})});
  routing.set_local(kBlue, parse_address("192.0.2.77"));
  EXPECT_EQ(kind_at("10.1.0.1"), AdjacencyKind::kLocal);
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kLocal);
  routing.remove_local(kBlue, parse_address("192.0.2.77"));
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kNone);
}

TEST_F(RoutingGraphTest, AnAddressStaysTheNodesAsLongAsALinkOrAVtepHasIt) {
  const IpAddress address = parse_address("192.0.2.77");
  routing.set_local(kBlue, address);
  routing.set_local(kBlue, address, LocalOwner::kVtep);
  routing.remove_local(kBlue, address);
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kLocal);
  routing.remove_local(kBlue, address, LocalOwner::kVtep);
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kNone);
}

}  // namespace

}  // namespace millrace
