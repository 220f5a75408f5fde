// Neighbours that are not known yet, come, change and vanish.
#include "engine/routing_fixture.hpp"

namespace millrace {

namespace {

class RoutingResolveTest : public RoutingTest {
 protected:
  std::vector<GraphEvent> told() {
    std::vector<GraphEvent> list(16);
    list.resize(events.pop(list.data(), 16));
    return list;
  }
};

TEST_F(RoutingResolveTest, PacketsWaitForTheirGatewayAndLeaveInOrder) {
  kernel("203.0.113.0/24", {via(kUplink, "192.0.2.1")});
  for (std::uint16_t i = 0; i < 5; ++i) send("203.0.113.7", static_cast<std::uint16_t>(5000 + i));
  EXPECT_TRUE(sent_by(kUplink).empty());
  const auto questions = told();
  ASSERT_EQ(questions.size(), 1u) << "one probe for all of them";
  EXPECT_EQ(questions[0].kind, GraphEvent::Kind::kResolve);
  EXPECT_EQ(questions[0].port, kUplink);
  EXPECT_EQ(questions[0].network, kBlue);
  EXPECT_EQ(IpAddress::from(questions[0].ip6, questions[0].address.bytes.data()),
            parse_address("192.0.2.1"));
  neighbour(kUplink, "192.0.2.1", 1);
  wait_ns(2'000'000);
  const auto frames = sent_by(kUplink);
  ASSERT_EQ(frames.size(), 5u);
  for (std::uint16_t i = 0; i < 5; ++i) {
    EXPECT_EQ(destination_of(frames[i]), router_mac(1));
    EXPECT_EQ(load_be16(&frames[i][kEthernetLength + ip4::kMinHeader]), 5000 + i);
  }
}

TEST_F(RoutingResolveTest, PacketsForAConnectedHostLeaveWhenItIsKnown) {
  kernel("192.0.2.0/24", {via(kUplink)});
  EXPECT_EQ(route_to("192.0.2.9").type, RouteType::kConnected);
  send("192.0.2.9");
  ASSERT_EQ(told().size(), 1u);
  neighbour(kUplink, "192.0.2.9", 9);
  wait_ns(2'000'000);
  ASSERT_EQ(sent_by(kUplink).size(), 1u);
  send("192.0.2.9");
  EXPECT_EQ(sent_by(kUplink).size(), 1u);
  EXPECT_EQ(route_to("192.0.2.9").source, RouteSource::kNeighbour);
  no_neighbour(kUplink, "192.0.2.9");
  EXPECT_EQ(route_to("192.0.2.9").type, RouteType::kConnected);
}

TEST_F(RoutingResolveTest, AtMostEightPacketsWaitForOneNeighbour) {
  kernel("203.0.113.0/24", {via(kUplink, "192.0.2.1")});
  for (int i = 0; i < 12; ++i) send("203.0.113.7");
  EXPECT_EQ(drops(DropReason::kNeighbourQueueFull), 4u);
  neighbour(kUplink, "192.0.2.1", 1);
  wait_ns(2'000'000);
  EXPECT_EQ(sent_by(kUplink).size(), 8u);
}

TEST_F(RoutingResolveTest, GivesUpAfterThreeSecondsAndSaysSo) {
  kernel("203.0.113.0/24", {via(kUplink, "192.0.2.1")});
  send("203.0.113.7");
  std::size_t probes = 0;
  for (int i = 0; i < 29; ++i) {
    wait_ns(kSecondNs / 10);
    probes += told().size();
  }
  EXPECT_EQ(icmp_to_pod(), (std::pair{-1, 0})) << "too early";
  EXPECT_EQ(probes, 3u) << "one a second";
  wait_ns(kSecondNs / 5);
  EXPECT_EQ(icmp_to_pod(), (std::pair{3, 1}));
  EXPECT_EQ(drops(DropReason::kNeighbourUnresolved), 1u);
}

TEST_F(RoutingResolveTest, ANeighbourOutsideConnectedNetworksGetsNoRoute) {
  kernel("192.0.2.0/24", {via(kUplink)});
  kernel("0.0.0.0/0", {via(kUplink, "192.0.2.1")});
  neighbour(kUplink, "203.0.113.7", 7);
  neighbour(kUplink2, "192.0.2.9", 9);
  EXPECT_EQ(listed({.source = RouteSource::kNeighbour}).size(), 0u);
  kernel("203.0.113.0/24", {via(kUplink)});
  EXPECT_EQ(listed({.source = RouteSource::kNeighbour}).size(), 1u);
  apply({special("203.0.113.0/28", RouteType::kBlackhole)});
  EXPECT_EQ(listed({.source = RouteSource::kNeighbour}).size(), 0u);
  EXPECT_EQ(kind_at("203.0.113.7"), AdjacencyKind::kBlackhole);
  apply({deletion("203.0.113.0/28")});
  EXPECT_EQ(kind_at("203.0.113.7"), AdjacencyKind::kRewrite);
}

TEST_F(RoutingResolveTest, AnAddressThatMovesToAnotherUplinkIsFollowedThere) {
  for (const auto& [from, to] : {std::pair{kUplink, kUplink2}, std::pair{kUplink2, kUplink}}) {
    kernel("192.0.2.0/24", {via(from)});
    neighbour(from, "192.0.2.9", 1);
    neighbour(to, "192.0.2.9", 2);
    EXPECT_EQ(route_to("192.0.2.9").next_hops[0].hop.port, from);
    kernel("192.0.2.0/24", {via(to)});
    EXPECT_EQ(route_to("192.0.2.9").next_hops[0].hop.port, to);
    EXPECT_EQ(listed({.source = RouteSource::kNeighbour}).size(), 1u);
    no_neighbour(from, "192.0.2.9");
    EXPECT_EQ(route_to("192.0.2.9").next_hops[0].hop.port, to);
    no_neighbour(to, "192.0.2.9");
    EXPECT_EQ(listed({.source = RouteSource::kNeighbour}).size(), 0u);
  }
}

TEST_F(RoutingResolveTest, OfTwoUplinksToOneNetworkEitherReachesTheNeighbour) {
  kernel("192.0.2.0/24", {via(kUplink), via(kUplink2)});
  neighbour(kUplink, "192.0.2.9", 1);
  neighbour(kUplink2, "192.0.2.9", 2);
  EXPECT_EQ(route_to("192.0.2.9").next_hops[0].hop.port, kUplink2);
  no_neighbour(kUplink2, "192.0.2.9");
  EXPECT_EQ(route_to("192.0.2.9").next_hops[0].hop.port, kUplink);
  no_neighbour(kUplink, "192.0.2.9");
  EXPECT_EQ(listed({.source = RouteSource::kNeighbour}).size(), 0u);
}

TEST_F(RoutingResolveTest, WorksTheSameForIp6) {
  kernel("fd00:9::/64", {via(kUplink)});
  neighbour(kUplink, "fd00:9::7", 7);
  neighbour(kUplink, "fe80::7", 7);
  EXPECT_EQ(kind_at("fd00:9::7"), AdjacencyKind::kRewrite);
  EXPECT_EQ(kind_at("fd00:9::8"), AdjacencyKind::kGlean);
  EXPECT_EQ(listed({.source = RouteSource::kNeighbour}), std::vector<std::string>{"fd00:9::7/128"});
  kernel("::/0", {via(kUplink, "fe80::7")});
  EXPECT_EQ(kind_at("2001:db8::1"), AdjacencyKind::kRewrite);
  kernel("203.0.113.0/24", {via(kUplink, "fe80::7")});  // RFC 8950
  EXPECT_EQ(kind_at("203.0.113.9"), AdjacencyKind::kRewrite);
}

TEST_F(RoutingResolveTest, TheSameLinkLocalAddressIsAnotherNeighbourOnEachPort) {
  neighbour(kUplink, "fe80::1", 1);
  neighbour(kUplink2, "fe80::1", 2);
  kernel("fd00:1::/32", {via(kUplink, "fe80::1")});
  kernel("fd00:2::/32", {via(kUplink2, "fe80::1")});
  EXPECT_EQ(route_to("fd00:1::1").next_hops[0].mac, router_mac(1));
  EXPECT_EQ(route_to("fd00:2::1").next_hops[0].mac, router_mac(2));
}

TEST_F(RoutingResolveTest, AConfiguredNeighbourPrecedesTheKernels) {
  const auto change = [&](ChangeOp op, std::uint8_t mac) {
    const NeighbourChange one{
        .op = op, .port = kUplink, .address = parse_address("192.0.2.1"), .mac = router_mac(mac)};
    routing.apply_neighbours(kBlue, std::vector{one});
  };
  neighbour(kUplink, "192.0.2.1", 1);
  change(ChangeOp::kAdd, 5);
  EXPECT_THROW(change(ChangeOp::kAdd, 6), std::invalid_argument);
  ASSERT_EQ(routing.list_neighbours(kBlue).size(), 1u);
  EXPECT_EQ(routing.list_neighbours(kBlue)[0].source, NeighbourSource::kStatic);
  EXPECT_EQ(route_to("192.0.2.1").next_hops[0].mac, router_mac(5));
  change(ChangeOp::kDelete, 0);
  EXPECT_EQ(route_to("192.0.2.1").next_hops[0].mac, router_mac(1));
  EXPECT_THROW(change(ChangeOp::kDelete, 0), std::invalid_argument);
  no_neighbour(kUplink, "192.0.2.1");
  EXPECT_TRUE(routing.list_neighbours(kBlue).empty());
}

TEST_F(RoutingResolveTest, ABatchOfNeighboursIsTakenAsAWholeOrNotAtAll) {
  const NeighbourChange good{
      .port = kUplink, .address = parse_address("192.0.2.1"), .mac = router_mac(1)};
  for (const NeighbourChange& bad :
       {NeighbourChange{.port = kPod, .address = parse_address("10.1.0.9"), .mac = router_mac(1)},
        NeighbourChange{
            .port = kUplink, .address = parse_address("224.0.0.1"), .mac = router_mac(1)},
        NeighbourChange{
            .port = kUplink, .address = parse_address("10.1.0.9"), .mac = {{1, 0, 0, 0, 0, 1}}},
        NeighbourChange{
            .port = kRedUplink, .address = parse_address("10.1.0.9"), .mac = router_mac(1)}})
    EXPECT_THROW(routing.apply_neighbours(kBlue, std::vector{good, bad}), std::invalid_argument);
  EXPECT_TRUE(routing.list_neighbours(kBlue).empty());
}

}  // namespace

}  // namespace millrace
