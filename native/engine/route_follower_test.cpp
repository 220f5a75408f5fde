// The kernel's words, made by hand.
#include "engine/route_follower.hpp"

#include <linux/neighbour.h>

#include "engine/routing_fixture.hpp"

namespace millrace {

namespace {

constexpr std::int32_t kEth0 = 11, kEth1 = 12, kEth2 = 13, kLo = 1, kVeth = 20;
constexpr std::uint32_t kMain = 254;

std::array<std::uint8_t, 16> raw(const std::string& address) {
  return parse_address(address).bytes.bytes;
}
KernelNextHop hop(std::int32_t ifindex, const std::string& gateway = "", std::uint32_t weight = 1) {
  KernelNextHop next{.ifindex = ifindex, .weight = weight};
  if (gateway.empty()) return next;
  next.has_gateway = true;
  next.gateway_ip6 = parse_address(gateway).ip6;
  next.gateway = raw(gateway);
  return next;
}

class RouteFollowerTest : public RoutingTest {
 protected:
  RouteFollowerTest() {
    follower.register_port(kEth0, kUplink, kBlue);
    follower.register_port(kEth1, kUplink2, kBlue);
    follower.register_port(kEth2, kRedUplink, kRed);
    follower.watch_port(kVeth, kPod);
    follower.set_mirror(kBlue, kMain);
    resyncs = 0;
  }

  void tell(const std::string& prefix, const std::vector<KernelNextHop>& hops,
            KernelRouteType type = KernelRouteType::kUnicast, std::uint32_t table = kMain) {
    follower.on_route(route(prefix, hops, type, table), false);
  }
  void tell_gone(const std::string& prefix) { follower.on_route(route(prefix, {}), true); }
  static KernelRoute route(const std::string& prefix, const std::vector<KernelNextHop>& hops,
                           KernelRouteType type = KernelRouteType::kUnicast,
                           std::uint32_t table = kMain) {
    const Prefix parsed = parse_prefix(prefix);
    return {.ip6 = parsed.ip6(),
            .prefix = parsed.address.bytes.bytes,
            .length = parsed.length,
            .table = table,
            .type = type,
            .next_hops = hops};
  }
  void tell_neighbour(std::int32_t ifindex, const std::string& address, std::uint16_t state,
                      bool removed = false) {
    const IpAddress parsed = parse_address(address);
    follower.on_neighbour({.ifindex = ifindex,
                           .ip6 = parsed.ip6,
                           .address = parsed.bytes.bytes,
                           .has_mac = (state & (NUD_INCOMPLETE | NUD_FAILED)) == 0,
                           .mac = router_mac(1),
                           .state = state},
                          removed);
  }
  void tell_address(std::int32_t ifindex, const std::string& address, bool removed = false,
                    bool tentative = false) {
    const IpAddress parsed = parse_address(address);
    follower.on_address({.ifindex = ifindex,
                         .ip6 = parsed.ip6,
                         .address = parsed.bytes.bytes,
                         .tentative = tentative},
                        removed);
  }
  void tell_link(std::int32_t ifindex, bool up, bool removed = false) {
    KernelLink link;
    link.ifindex = ifindex;
    link.up = up;
    follower.on_link(link, removed);
  }
  std::map<std::string, std::uint64_t> skipped() { return follower.skipped(); }

  std::uint32_t resyncs = 0;
  std::vector<std::uint32_t> tables;
  std::set<IpAddress> host;
  std::vector<std::pair<std::int32_t, IpAddress>> probes;
  std::vector<std::pair<std::uint16_t, RouteFollower::LinkChange>> links;
  RouteFollower follower{
      routing,
      {.resync =
           [this](const auto& wanted) {
             ++resyncs;
             tables = wanted;
           },
       .probe = [this](std::int32_t ifindex,
                       const IpAddress& address) { probes.emplace_back(ifindex, address); },
       .host_addresses = [this](const auto& all) { host = all; },
       .link = [this](std::uint16_t port, std::int32_t,
                      RouteFollower::LinkChange change) { links.emplace_back(port, change); }}};
};

TEST_F(RouteFollowerTest, TakesRoutesOfTheTableThatTheNetworkFollows) {
  tell("203.0.113.0/24", {hop(kEth0, "192.0.2.1")});
  tell("198.51.100.0/24", {hop(kEth0, "192.0.2.1")}, KernelRouteType::kUnicast, 100);
  EXPECT_EQ(listed(), std::vector<std::string>{"203.0.113.0/24"});
  EXPECT_TRUE(listed({}, kRed).empty());
  EXPECT_EQ(route_to("203.0.113.1").source, RouteSource::kKernel);
  tell_gone("203.0.113.0/24");
  EXPECT_TRUE(listed().empty());
}

TEST_F(RouteFollowerTest, TakesEveryTypeThatItKnows) {
  tell("10.5.0.0/16", {hop(kEth0)});
  tell("10.6.0.0/16", {}, KernelRouteType::kBlackhole);
  tell("10.7.0.0/16", {}, KernelRouteType::kUnreachable);
  tell("10.8.0.0/16", {}, KernelRouteType::kProhibit);
  tell("10.9.0.0/16", {hop(kEth0, "192.0.2.1", 3), hop(kEth1, "192.0.2.2")});
  EXPECT_EQ(route_to("10.5.0.1").type, RouteType::kConnected);
  EXPECT_EQ(route_to("10.6.0.1").type, RouteType::kBlackhole);
  EXPECT_EQ(route_to("10.7.0.1").type, RouteType::kUnreachable);
  EXPECT_EQ(route_to("10.8.0.1").type, RouteType::kProhibit);
  ASSERT_EQ(route_to("10.9.0.1").next_hops.size(), 2u);
  EXPECT_TRUE(skipped().empty());
}

TEST_F(RouteFollowerTest, CountsWhatItLeavesOutByReason) {
  tell("10.1.0.0/16", {hop(kVeth)});
  tell("10.2.0.0/16", {hop(kEth2, "192.0.2.1")});
  tell("10.3.0.0/16", {hop(kEth0, "192.0.2.1"), hop(kLo)});
  tell("10.4.0.0/16", {}, KernelRouteType::kOther);
  tell("10.5.0.0/16", {});
  tell("fe80::/64", {hop(kEth0)});
  EXPECT_EQ(skipped(),
            (std::map<std::string, std::uint64_t>{{"interface is not an uplink", 2},
                                                  {"some next hops are not on an uplink", 1},
                                                  {"unsupported type", 1},
                                                  {"no usable next hop", 1},
                                                  {"link-local or multicast prefix", 1}}));
  EXPECT_EQ(listed(), std::vector<std::string>{"10.3.0.0/16"});
  follower.on_resync_begin();
  EXPECT_TRUE(skipped().empty());
}

TEST_F(RouteFollowerTest, ARouteThatTurnsIntoOneItCannotTakeGoes) {
  tell("10.9.0.0/16", {hop(kEth0, "192.0.2.1")});
  tell("10.9.0.0/16", {hop(kLo)});
  EXPECT_TRUE(listed().empty());
}

TEST_F(RouteFollowerTest, NeighboursFollowTheirStateInTheKernel) {
  tell("192.0.2.0/24", {hop(kEth0)});
  tell_neighbour(kEth0, "192.0.2.9", NUD_INCOMPLETE);
  EXPECT_EQ(kind_at("192.0.2.9"), AdjacencyKind::kGlean);
  for (const std::uint16_t state :
       {NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT}) {
    tell_neighbour(kEth0, "192.0.2.9", state);
    EXPECT_EQ(kind_at("192.0.2.9"), AdjacencyKind::kRewrite);
  }
  tell_neighbour(kEth0, "192.0.2.9", NUD_FAILED);
  EXPECT_EQ(kind_at("192.0.2.9"), AdjacencyKind::kGlean);
  tell_neighbour(kEth0, "192.0.2.9", NUD_REACHABLE);
  tell_neighbour(kEth0, "192.0.2.9", NUD_REACHABLE, true);
  EXPECT_EQ(kind_at("192.0.2.9"), AdjacencyKind::kGlean);
  tell_neighbour(kVeth, "192.0.2.9", NUD_REACHABLE);
  tell_neighbour(kEth0, "224.0.0.22", NUD_NOARP);
  EXPECT_TRUE(routing.list_neighbours(kBlue).empty());
}

TEST_F(RouteFollowerTest, AddressesOfUplinksAreLocalAndAllAddressesAreTheHosts) {
  tell_address(kEth0, "192.0.2.77");
  tell_address(kLo, "127.0.0.1");
  tell_address(kEth0, "fe80::77");
  tell_address(kEth0, "2001:db8::77", false, true);
  follower.on_batch_end();
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kLocal);
  EXPECT_EQ(kind_at("127.0.0.1"), AdjacencyKind::kNone);
  EXPECT_EQ(kind_at("fe80::77"), AdjacencyKind::kNone);
  EXPECT_EQ(kind_at("192.0.2.77", red), AdjacencyKind::kNone);
  EXPECT_EQ(host, (std::set{parse_address("192.0.2.77"), parse_address("127.0.0.1"),
                            parse_address("fe80::77")}));
  tell_address(kEth0, "2001:db8::77");
  EXPECT_EQ(kind_at("2001:db8::77"), AdjacencyKind::kLocal);
  tell_address(kEth0, "192.0.2.77", true);
  follower.on_batch_end();
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kNone);
  EXPECT_EQ(host.count(parse_address("192.0.2.77")), 0u);
}

TEST_F(RouteFollowerTest, AnAddressOfTwoUplinksIsLocalUntilBothHaveLostIt) {
  tell_address(kEth0, "192.0.2.77");
  tell_address(kEth1, "192.0.2.77");
  tell_address(kEth0, "192.0.2.77", true);
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kLocal);
  follower.unregister_port(kUplink2);
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kNone);
}

TEST_F(RouteFollowerTest, APortThatComesLaterGetsWhatWasPassedOver) {
  follower.unregister_port(kUplink);
  tell_address(kEth0, "192.0.2.77");
  tell("10.9.0.0/16", {hop(kEth0, "192.0.2.1")});
  EXPECT_TRUE(listed().empty());
  follower.register_port(kEth0, kUplink, kBlue);
  EXPECT_EQ(kind_at("192.0.2.77"), AdjacencyKind::kLocal);
  EXPECT_EQ(resyncs, 1u);
  EXPECT_EQ(tables, std::vector{kMain});
}

TEST_F(RouteFollowerTest, ANetworkThatNoLongerFollowsHasNoRoutesOfTheKernel) {
  tell("10.9.0.0/16", {hop(kEth0, "192.0.2.1")});
  apply({special("10.8.0.0/16", RouteType::kBlackhole)});
  follower.set_mirror(kBlue, 100);
  EXPECT_EQ(tables, std::vector<std::uint32_t>{100});
  follower.on_resync_begin();
  follower.on_resync_end();
  EXPECT_EQ(listed(), std::vector<std::string>{"10.8.0.0/16"});
  tell("10.9.0.0/16", {hop(kEth0, "192.0.2.1")}, KernelRouteType::kUnicast, 100);
  follower.set_mirror(kBlue, 0);
  EXPECT_EQ(listed(), std::vector<std::string>{"10.8.0.0/16"});
  EXPECT_TRUE(tables.empty());
}

TEST_F(RouteFollowerTest, LinksAreToldOnceForEachChange) {
  using enum RouteFollower::LinkChange;
  tell("10.9.0.0/16", {hop(kEth0, "192.0.2.1"), hop(kEth1, "192.0.2.2")});
  tell_neighbour(kEth0, "192.0.2.1", NUD_REACHABLE);
  tell_link(kEth0, true);
  tell_link(kEth0, false);
  tell_link(kEth0, false);
  tell_link(kEth0, true);
  tell_link(kLo, false);
  tell_link(kVeth, false, true);
  follower.on_channels_changed(kEth1);
  EXPECT_EQ(links, (std::vector<std::pair<std::uint16_t, RouteFollower::LinkChange>>{
                       {kUplink, kDown}, {kUplink, kUp}, {kPod, kGone}, {kUplink2, kQueues}}));
  links.clear();
  follower.on_channels_changed(0);
  EXPECT_EQ(links.size(), 4u);
}

TEST_F(RouteFollowerTest, APacketThatWaitsHasTheKernelAsk) {
  tell("192.0.2.0/24", {hop(kEth0)});
  send("192.0.2.9");
  GraphEvent event;
  ASSERT_EQ(events.pop(&event, 1), 1u);
  follower.probe(event.port, IpAddress::from(event.ip6, event.address.bytes.data()));
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_EQ(probes[0], (std::pair{kEth0, parse_address("192.0.2.9")}));
  tell_neighbour(kEth0, "192.0.2.9", NUD_REACHABLE);
  follower.on_batch_end();
  wait_ns(2'000'000);
  EXPECT_EQ(sent_by(kUplink).size(), 1u);
}

}  // namespace

}  // namespace millrace
