#include "engine/tracer.hpp"

#include <atomic>
#include <thread>

#include "engine/routing_fixture.hpp"

namespace millrace {

namespace {

std::string text_of(const std::variant<std::uint32_t, std::string>& value) {
  return value.index() == 0 ? std::to_string(std::get<0>(value)) : std::get<1>(value);
}
// "" when the step or the fact is not there.
std::string fact(const TraceResult& result, const std::string& node, const std::string& name) {
  for (const TraceStep& step : result.steps)
    for (const TraceFact& item : step.facts)
      if (step.node == node && item.name == name) return text_of(item.value);
  return "";
}
std::vector<std::string> nodes_of(const TraceResult& result) {
  std::vector<std::string> nodes;
  for (const TraceStep& step : result.steps) nodes.push_back(step.node);
  return nodes;
}

class TracerTest : public RoutingTest {
 protected:
  TracerTest() { apply({unicast("10.9.0.0/16", {via(kUplink, "192.0.2.1")})}); }

  // Nothing that is real may show that a packet was traced.
  void TearDown() override {
    for (const CounterBlock& block : counters)
      for (std::uint32_t slot = 0; slot < kCounterSlots; ++slot) EXPECT_EQ(block.get(slot), 0u);
    for (const std::uint64_t count : route_counters) EXPECT_EQ(count, 0u);
    EXPECT_TRUE(events.empty()) << "somebody was asked";
    for (std::uint16_t port = 0; port < kPortCount; ++port) EXPECT_TRUE(sent_by(port).empty());
    RoutingTest::TearDown();
  }

  TraceResult trace(const std::string& to, const std::function<void(TraceRequest&)>& change = {}) {
    TraceRequest request;
    request.port = kPod;
    request.source = IpAddress::of(kPodAddress);
    request.destination = parse_address(to);
    request.source_port = 4000;
    request.destination_port = 5000;
    if (change) change(request);
    std::vector<const PortConfig*> configs;
    for (const auto& port : ports) configs.push_back(&port->config);
    configs.insert(configs.end(), more.begin(), more.end());
    return Tracer({adjacencies, routing, vxlan, nullptr, configs, now_ns, quiescence, 1})
        .trace(request);
  }

  Vxlan vxlan;
  Quiescence quiescence{2};
  std::vector<const PortConfig*> more;
};

TEST_F(TracerTest, FollowsAPacketToARouter) {
  neighbour(kUplink, "192.0.2.1", 7);
  const TraceResult result = trace("10.9.1.1");
  EXPECT_EQ(result.verdict, "sent");
  EXPECT_EQ(result.ports, std::vector{kUplink});
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(nodes_of(result),
            (std::vector<std::string>{"ethernet_input", "ip4_forward", "rewrite", "transmit"}));
  EXPECT_EQ(fact(result, "ip4_forward", "route"), "10.9.0.0/16");
  EXPECT_EQ(fact(result, "ip4_forward", "route_type"), "unicast");
  EXPECT_EQ(fact(result, "ip4_forward", "route_source"), "static");
  EXPECT_EQ(fact(result, "ip4_forward", "next_hop"), "192.0.2.1");
  EXPECT_EQ(fact(result, "ip4_forward", "source_check"), "routed");
  EXPECT_EQ(fact(result, "rewrite", "destination_mac"), to_text(router_mac(7)));
  EXPECT_EQ(fact(result, "transmit", "port"), std::to_string(kUplink));
  EXPECT_EQ(result.frame.substr(0, 12), "020000000207") << "the frame as it leaves";
}

TEST_F(TracerTest, SaysWhyAPacketIsDropped) {
  apply({special("10.9.9.0/24", RouteType::kBlackhole)});
  const TraceResult result = trace("10.9.9.1");
  EXPECT_EQ(result.verdict, "dropped");
  EXPECT_EQ(result.reason, "blackhole");
  EXPECT_TRUE(result.ports.empty());
  EXPECT_EQ(fact(result, "ip4_forward", "adjacency"), "blackhole");
}

TEST_F(TracerTest, SaysThatASourceIsNotTheSenders) {
  const TraceResult result =
      trace("10.9.1.1", [](TraceRequest& request) { request.source = parse_address("10.1.0.99"); });
  EXPECT_EQ(result.verdict, "dropped");
  EXPECT_EQ(result.reason, "source-address");
  EXPECT_EQ(fact(result, "ip4_forward", "source_check"), "spoofed");
}

TEST_F(TracerTest, SaysThatTheGatewayAnswers) {
  const TraceResult none = trace("10.77.0.1");
  EXPECT_EQ(none.verdict, "answered");
  EXPECT_EQ(none.reason, "no-route");
  EXPECT_EQ(none.ports, std::vector{kPod});
  EXPECT_EQ(fact(none, "icmp4_error", "icmp_type"), "3");
  const TraceResult echo =
      trace("10.1.0.1", [](TraceRequest& request) { request.protocol = TraceProtocol::kIcmp; });
  EXPECT_EQ(echo.verdict, "answered");
  EXPECT_EQ(echo.reason, "");
  EXPECT_EQ(fact(echo, "ip4_forward", "adjacency"), "local");
}

TEST_F(TracerTest, SaysThatAPacketIsTooLongOrTooOld) {
  neighbour(kUplink, "192.0.2.1", 7);
  const TraceResult large = trace("10.9.1.1", [](TraceRequest& request) { request.length = 9000; });
  EXPECT_EQ(large.reason, "mtu-exceeded");
  EXPECT_EQ(fact(large, "icmp4_error", "mtu"), "1500");
  const TraceResult old = trace("10.9.1.1", [](TraceRequest& request) { request.ttl = 1; });
  EXPECT_EQ(old.reason, "ttl-expired");
}

TEST_F(TracerTest, SaysThatAPacketWaitsAndAsksNobody) {
  const TraceResult result = trace("10.9.1.1");
  EXPECT_EQ(result.verdict, "waiting");
  EXPECT_TRUE(result.ports.empty());
  EXPECT_EQ(fact(result, "resolve", "next_hop"), "192.0.2.1");
  EXPECT_EQ(fact(result, "resolve", "port"), std::to_string(kUplink));
  EXPECT_EQ(graph.pending.size(), 0u);
}

TEST_F(TracerTest, CountsNoPacketOfACountedRoute) {
  RouteChange change = unicast("10.10.0.0/16", {via(kUplink, "192.0.2.1")});
  change.counted = true;
  apply({change});
  neighbour(kUplink, "192.0.2.1", 7);
  EXPECT_EQ(trace("10.10.1.1").verdict, "sent");
  EXPECT_EQ(route_to("10.10.1.1").packets, 0u);
}

TEST_F(TracerTest, FloodsInABridgeToEveryMemberAndLearnsNothing) {
  Bridge bridge;
  std::array<PortConfig, 20> configs;
  for (std::size_t i = 0; i < configs.size(); ++i) {
    configs[i].index = static_cast<std::uint16_t>(100 + i);
    configs[i].bridge = &bridge;
    configs[i].spoof_check = false;
    configs[i].peer_mac = pod_mac(static_cast<std::uint16_t>(100 + i));
    bridge.add_port({configs[i]});
    more.push_back(&configs[i]);
  }
  const TraceResult result = trace("10.3.0.9", [](TraceRequest& request) {
    request.port = 100;
    request.destination_mac = Mac{{2, 9, 9, 9, 9, 9}};
  });
  EXPECT_EQ(result.verdict, "flooded");
  EXPECT_EQ(result.ports.size(), configs.size() - 1);
  EXPECT_EQ(fact(result, "bridge_input", "fdb"), "unknown");
  EXPECT_EQ(bridge.fdb.size(), 0u) << "it was learned";
}

TEST_F(TracerTest, RefusesWhatMakesNoSense) {
  EXPECT_THROW(trace("10.9.1.1", [](TraceRequest& request) { request.port = 99; }),
               std::invalid_argument);
  EXPECT_THROW(trace("fd00::1"), std::invalid_argument);
  EXPECT_THROW(trace("10.9.1.1", [](TraceRequest& request) { request.length = 20; }),
               std::invalid_argument);
  EXPECT_THROW(trace("10.9.1.1", [](TraceRequest& request) { request.length = 9217; }),
               std::invalid_argument);
}

// With the sanitizers this finds whoever looks at a table without being seen.
class TracerRaceTest : public ::testing::Test {};

TEST_F(TracerRaceTest, LooksAtTablesThatChangeMeanwhile) {
  AdjacencyTable adjacencies(kFirstAdjacency + kMaxPorts);
  Quiescence quiescence(1);
  Routing routing({.adjacencies = adjacencies, .synchronize = [&] { quiescence.synchronize(); }});
  Vrf vrf;
  vrf.id = 1;
  routing.add_vrf(vrf);
  PortConfig config;
  config.has_ip4 = true;
  config.peer_ip4 = ip4_address(10, 1, 0, 2);
  config.uplink = true;
  config.vrf = &vrf;
  routing.add_port(config);
  std::atomic<bool> stop{false};
  std::thread changer([&] {
    for (std::uint8_t mac = 0; !stop; ++mac) {
      RouteChange route = unicast("10.9.0.0/24", {via(0, "192.0.2.1"), via(0, "192.0.2.2")});
      route.op = ChangeOp::kReplace;
      routing.apply(1, std::array{route});
      routing.set_neighbour(0, parse_address("192.0.2.1"), router_mac(mac));
      routing.publish();
      routing.apply(1, std::array{deletion("10.9.0.0/24")});
    }
  });
  for (int i = 0; i < 100; ++i) {
    Vxlan vxlan;
    TraceRequest request;
    request.source = parse_address("10.1.0.2");
    request.destination = parse_address("10.9.0.7");
    const TraceResult result =
        Tracer({adjacencies, routing, vxlan, nullptr, {&config}, 1, quiescence, 0}).trace(request);
    EXPECT_NE(result.verdict, "");
  }
  stop = true;
  changer.join();
}

}  // namespace

}  // namespace millrace
