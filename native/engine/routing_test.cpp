#include "engine/routing_fixture.hpp"

namespace millrace {

namespace {

using Texts = std::vector<std::string>;

class RoutingTableTest : public RoutingTest {
 protected:
  void expect_refused(const RouteChange& change, const std::string& words) {
    const std::string said = refusal({special("192.0.2.0/24", RouteType::kBlackhole), change});
    EXPECT_NE(said.find(words), std::string::npos) << said;
    EXPECT_TRUE(listed().empty()) << "a batch that is refused changes nothing";
  }
};

TEST_F(RoutingTableTest, NamesPrefixAndReasonOfAChangeThatMakesNoSense) {
  expect_refused(unicast("10.0.0.1/8", {via(kUplink)}), "route 10.0.0.1/8: has host bits set");
  expect_refused(unicast("10.0.0.0/8", {}), "needs a next hop");
  expect_refused(unicast("10.0.0.0/8", {via(77)}), "no port 77");
  expect_refused(unicast("10.0.0.0/8", {via(kRedUplink, "10.2.0.9")}), "belongs to network 2");
  expect_refused(unicast("10.0.0.0/8", {via(kUplink, "10.1.0.9", 0)}), "weight 0");
  expect_refused(unicast("10.0.0.0/8", {via(kUplink, "10.1.0.9"), via(kUplink, "10.1.0.9")}),
                 "appears twice");
  expect_refused(unicast("fd00::/8", {via(kUplink, "10.1.0.9")}), "is not an IPv6 address");
  expect_refused(unicast("10.0.0.0/8", {via(kUplink, "224.0.0.1")}), "not the address of a host");
  expect_refused(leak("10.0.0.0/8", 9), "no routed network 9");
  expect_refused(leak("10.0.0.0/8", kBlue), "leaks into its own network");
  expect_refused(deletion("10.0.0.0/8"), "route 10.0.0.0/8: there is no static route");
}

TEST_F(RoutingTableTest, JudgesEachChangeByThoseBeforeItInTheBatch) {
  const RouteChange change = special("10.0.0.0/8", RouteType::kBlackhole);
  EXPECT_NE(refusal({change, change}).find("already"), std::string::npos);
  EXPECT_EQ(refusal({change, deletion("10.0.0.0/8"), change}), "");
  EXPECT_EQ(listed(), Texts{"10.0.0.0/8"});
  EXPECT_NE(refusal({change}).find("already"), std::string::npos);
  EXPECT_EQ(refusal({deletion("10.0.0.0/8")}), "");
  EXPECT_TRUE(listed().empty());
}

TEST_F(RoutingTableTest, ReplacesWithoutAMomentWithoutRoute) {
  apply({special("10.0.0.0/8", RouteType::kBlackhole)});
  RouteChange other = special("10.0.0.0/8", RouteType::kProhibit);
  other.op = ChangeOp::kReplace;
  apply({other});
  EXPECT_EQ(route_to("10.9.9.9").type, RouteType::kProhibit);
}

TEST_F(RoutingTableTest, ARouteComesBackWhenTheOneThatPrecededItGoes) {
  const std::string prefix = "10.9.0.0/16";
  kernel(prefix, {via(kUplink, "10.1.0.9")});
  apply({special(prefix, RouteType::kBlackhole)});
  RouteChange pod = unicast_pod(prefix, kPod);
  apply({pod});
  EXPECT_EQ(route_to("10.9.0.1").source, RouteSource::kPod);
  kernel(prefix, {via(kUplink, "10.1.0.10")});
  EXPECT_EQ(route_to("10.9.0.1").source, RouteSource::kPod);
  apply({deletion(prefix, RouteSource::kPod)});
  EXPECT_EQ(route_to("10.9.0.1").type, RouteType::kBlackhole);
  apply({deletion(prefix)});
  ASSERT_EQ(route_to("10.9.0.1").source, RouteSource::kKernel);
  EXPECT_EQ(route_to("10.9.0.1").next_hops[0].hop.address, parse_address("10.1.0.10"));
  routing.remove_kernel_route(kBlue, parse_prefix(prefix));
  EXPECT_TRUE(listed().empty());
}

TEST_F(RoutingTableTest, ARouteThatWaitsCanGoUnseen) {
  kernel("10.9.0.0/16", {via(kUplink, "10.1.0.9")});
  apply({special("10.9.0.0/16", RouteType::kBlackhole)});
  routing.remove_kernel_route(kBlue, parse_prefix("10.9.0.0/16"));
  apply({deletion("10.9.0.0/16")});
  EXPECT_TRUE(listed().empty());
}

TEST_F(RoutingTableTest, TheGatewayIsNobodyElses) {
  apply({unicast("10.1.0.1/32", {via(kUplink, "10.1.0.9")})});
  EXPECT_EQ(route_to("10.1.0.1").type, RouteType::kLocal);
  routing.remove_local(kBlue, parse_address("10.1.0.1"));
  EXPECT_EQ(route_to("10.1.0.1").type, RouteType::kLocal);
}

TEST_F(RoutingTableTest, AResyncRemovesWhatTheKernelNoLongerHasAndNothingElse) {
  kernel("10.9.0.0/16", {via(kUplink, "10.1.0.9")});
  kernel("10.8.0.0/16", {via(kUplink, "10.1.0.9")});
  apply({special("10.7.0.0/16", RouteType::kBlackhole)});
  apply({special("10.8.0.0/16", RouteType::kBlackhole)});
  routing.begin_resync();
  kernel("10.9.0.0/16", {via(kUplink, "10.1.0.9")});
  kernel("10.6.0.0/16", {via(kUplink, "10.1.0.9")});
  routing.end_resync();
  EXPECT_EQ(listed(), (Texts{"10.6.0.0/16", "10.7.0.0/16", "10.8.0.0/16", "10.9.0.0/16"}));
  apply({deletion("10.8.0.0/16")});
  EXPECT_EQ(listed(), (Texts{"10.6.0.0/16", "10.7.0.0/16", "10.9.0.0/16"}));
  routing.drop_kernel_routes(kBlue);
  EXPECT_EQ(listed(), Texts{"10.7.0.0/16"});
}

TEST_F(RoutingTableTest, AnInterruptedResyncIsFinishedByTheNext) {
  kernel("10.9.0.0/16", {via(kUplink, "10.1.0.9")});
  routing.begin_resync();
  kernel("10.8.0.0/16", {via(kUplink, "10.1.0.9")});
  routing.begin_resync();
  kernel("10.7.0.0/16", {via(kUplink, "10.1.0.9")});
  routing.end_resync();
  EXPECT_EQ(listed(), Texts{"10.7.0.0/16"});
}

TEST_F(RoutingTableTest, ListsWhatIsAskedFor) {
  apply({special("10.7.0.0/16", RouteType::kBlackhole),
         special("10.7.1.0/24", RouteType::kProhibit),
         special("fd00:7::/32", RouteType::kUnreachable)});
  kernel("10.7.2.0/24", {via(kUplink, "10.1.0.9", 3), via(kUplink2, "10.1.0.8")});
  EXPECT_EQ(listed({.family = 6}), Texts{"fd00:7::/32"});
  EXPECT_EQ(listed({.within = parse_prefix("10.7.0.0/20")}), (Texts{"10.7.1.0/24", "10.7.2.0/24"}));
  EXPECT_EQ(listed({.source = RouteSource::kKernel}), Texts{"10.7.2.0/24"});
  EXPECT_EQ(listed({.match = parse_address("10.7.3.1")}), Texts{"10.7.0.0/16"});
  EXPECT_TRUE(listed({.match = parse_address("11.0.0.1")}).empty());
  const RouteList first = routing.list(kBlue, {.source = RouteSource::kStatic, .limit = 1});
  EXPECT_EQ(first.routes.size(), 1u);
  EXPECT_EQ(first.total, 3u);
  const RouteInfo group = route_to("10.7.2.1");
  ASSERT_EQ(group.next_hops.size(), 2u);
  EXPECT_EQ(group.next_hops[0].hop.weight, 3u);
  EXPECT_FALSE(group.next_hops[0].resolved);
}

TEST_F(RoutingTableTest, RefusesALeakThatLeadsToALeak) {
  apply({leak("10.9.0.0/16", kRed)});
  EXPECT_NE(refusal({leak("10.0.0.0/8", kBlue)}, kRed).find("leaks it here"), std::string::npos);
  EXPECT_NE(refusal({leak("10.9.1.0/24", kBlue)}, kRed).find("network 1 leaks it on"),
            std::string::npos);
  EXPECT_EQ(refusal({leak("10.8.0.0/16", kBlue)}, kRed), "");
}

TEST_F(RoutingTableTest, ANetworkStaysWhileAnotherLeaksIntoIt) {
  apply({leak("10.9.0.0/16", kRed)});
  EXPECT_THROW(routing.remove_vrf(kRed), std::invalid_argument);
  apply({deletion("10.9.0.0/16")});
  for (const std::uint16_t port : {kRedPod, kRedUplink}) routing.remove_port(port);
  EXPECT_NO_THROW(routing.remove_vrf(kRed));
  EXPECT_THROW(routing.list(kRed, {}), std::invalid_argument);
}

TEST_F(RoutingTableTest, RoutesThroughAPortGoWithIt) {
  neighbour(kUplink, "192.0.2.9", 9);
  kernel("192.0.2.0/24", {via(kUplink)});
  apply({unicast("10.7.0.0/16", {via(kUplink, "192.0.2.9")}),
         unicast("10.8.0.0/16", {via(kUplink, "192.0.2.9"), via(kUplink2, "198.51.100.9")}),
         unicast("10.9.0.0/16", {via(kUplink2, "198.51.100.9")})});
  apply({unicast("10.6.0.0/16", {via(kUplink), via(kUplink, "192.0.2.1")})});
  EXPECT_EQ(listed().size(), 6u);
  routing.remove_port(kUplink);
  graph.detach(kUplink);
  EXPECT_EQ(listed(), (Texts{"10.8.0.0/16", "10.9.0.0/16"}));
  EXPECT_EQ(route_to("10.8.0.1").next_hops.size(), 1u);
  neighbour(kUplink2, "198.51.100.9", 1);
  send("10.8.0.1");
  EXPECT_EQ(sent_by(kUplink2).size(), 1u);
}

TEST_F(RoutingTableTest, EveryAdjacencyIsReturnedWhenAllRoutesAreGone) {
  const std::uint32_t before = adjacencies.in_use();
  RouteChange counted = unicast("10.7.0.0/16", {via(kUplink, "192.0.2.9")});
  counted.counted = true;
  apply({counted, unicast("10.8.0.0/16", {via(kUplink), via(kUplink2, "192.0.2.9")}),
         leak("10.6.0.0/16", kRed)});
  counted.op = ChangeOp::kReplace;
  apply({counted});
  apply({deletion("10.7.0.0/16"), deletion("10.8.0.0/16"), deletion("10.6.0.0/16")});
  EXPECT_EQ(adjacencies.in_use(), before);
  EXPECT_FALSE(adjacencies.has_retired());
}

TEST_F(RoutingTableTest, ABatchThatDoesNotFitChangesNothing) {
  kernel("10.9.0.0/16", {via(kUplink, "10.1.0.9")});
  const std::uint32_t before = adjacencies.in_use();
  std::vector<RouteChange> changes;
  for (std::uint32_t i = 0; i < kCounters + 1; ++i) {
    RouteChange change = unicast("10." + std::to_string(i) + ".0.0/16", {via(kUplink, "10.1.0.8")});
    change.counted = true;
    changes.push_back(change);
  }
  EXPECT_NE(refusal(changes).find("every route counter is taken"), std::string::npos);
  EXPECT_EQ(listed(), Texts{"10.9.0.0/16"});
  EXPECT_EQ(adjacencies.in_use(), before);
  changes.pop_back();
  EXPECT_EQ(refusal(changes), "");
}

TEST_F(RoutingTableTest, ABatchThatFailsHalfWayIsUndone) {
  kernel("20.0.0.0/24", {via(kUplink, "10.1.0.9")});
  apply({unicast("20.0.1.0/24", {via(kUplink, "10.1.0.8")})});
  const std::uint32_t before = adjacencies.in_use();
  std::vector<RouteChange> changes;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    RouteChange change = unicast("20.0.0.0/24", {via(kUplink, "10.1.0.7")});
    change.op = ChangeOp::kReplace;
    change.prefix.address = IpAddress::of(ip4_address(20, 0, 0, 0) + (i << 8));
    changes.push_back(change);
  }
  fail_once = true;  // after some 8000 of them
  EXPECT_THROW(apply(changes), std::bad_alloc);
  EXPECT_FALSE(fail_once);
  EXPECT_EQ(listed(), (Texts{"20.0.0.0/24", "20.0.1.0/24"}));
  EXPECT_EQ(route_to("20.0.0.1").source, RouteSource::kKernel);
  EXPECT_EQ(route_to("20.0.1.1").next_hops[0].hop.address, parse_address("10.1.0.8"));
  EXPECT_EQ(adjacencies.in_use(), before);
  apply(changes);
  EXPECT_EQ(listed().size(), 10'000u);
}

TEST_F(RoutingTableTest, AsksTheWorkersOncePerBatchNotPerRoute) {
  std::vector<RouteChange> changes;
  for (std::uint32_t i = 0; i < 200; ++i)
    changes.push_back(special("10." + std::to_string(i) + ".0.0/16", RouteType::kBlackhole));
  const std::uint32_t before = synchronized;
  apply(changes);
  EXPECT_EQ(synchronized, before + 1);
}

}  // namespace

}  // namespace millrace
