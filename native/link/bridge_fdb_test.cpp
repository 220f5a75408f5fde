// FDB, neighbours and routes of a VXLAN device in a bridge, as ip(8) and bridge(8) make them.
#include "link/bridge_fdb.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "link/bridge_neighbours.hpp"
#include "link/bridge_port.hpp"
#include "link/bridge_routes.hpp"
#include "link/bridge_vxlan.hpp"
#include "link/kernel_mirror_fixture.hpp"
#include "link/links.hpp"

namespace millrace {

namespace {

constexpr const char* kStation = "02:aa:00:00:00:01";

class BridgeFdbTest : public KernelMirrorTest {
 protected:
  void SetUp() override {
    KernelMirrorTest::SetUp();
    if (IsSkipped()) return;
    if (std::system("bridge -V >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs bridge(8)";
    make_links();
    ip("link add br0 type bridge");
    ip("link add vx0 type vxlan id 100 local 10.0.0.1 dstport 4789 nolearning");
    ip("link set vx0 master br0");
    ip("link set vx0 up");
    ip("link set br0 up");
  }
  template <typename Work>
  auto inside(Work work) const {
    decltype(work()) result{};
    in_netns(netns_->path(), [&] { result = work(); });
    return result;
  }
  std::string bridge(const std::string& arguments) const { return run("bridge " + arguments); }
  std::vector<FdbEntry> fdb(const std::string& ifname) const {
    return inside([&] { return list_fdb(ifname); });
  }
  FdbEntry entry(const std::string& ifname, const std::string& mac, bool of_bridge) const {
    for (const FdbEntry& one : fdb(ifname))
      if (one.mac == mac && one.bridge == of_bridge) return one;
    return {};
  }
  BridgePort port(const std::string& name = "port0", const std::string& alias = "ours") const {
    return inside([&] { return ensure_bridge_port({name, "br0", alias}); });
  }
  void set(const std::string& on, const std::string& mac) const {
    in_netns(netns_->path(), [&] { set_fdb(on, mac); });
  }
  int error_of(const std::function<void()>& work) const {
    int error = 0;
    in_netns(netns_->path(), [&] {
      try {
        work();
      } catch (const std::system_error& failure) {
        error = failure.code().value();
      }
    });
    return error;
  }
};

TEST_F(BridgeFdbTest, DescribesTheDeviceAndItsBridge) {
  ip("link set br0 address 02:00:00:00:00:05");
  const auto device = inside([] { return describe_vxlan("vx0"); });
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(device->vni, 100u);
  EXPECT_EQ(device->udp_port, 4789u);
  EXPECT_EQ(device->local, "10.0.0.1");
  EXPECT_EQ(device->bridge, "br0");
  EXPECT_EQ(device->bridge_mac, "02:00:00:00:00:05");
  EXPECT_EQ(device->table, 254u);
  EXPECT_FALSE(device->external);
}

TEST_F(BridgeFdbTest, DescribesADeviceOverIp6WithoutABridge) {
  ip("link add vx6 type vxlan id 7 local fd00::1 dstport 8472");
  const auto device = inside([] { return describe_vxlan("vx6"); });
  ASSERT_TRUE(device.has_value());
  EXPECT_EQ(device->udp_port, 8472u);
  EXPECT_EQ(device->local, "fd00::1");
  EXPECT_EQ(device->bridge, "");
}

TEST_F(BridgeFdbTest, KnowsDevicesThatAreAbsentOrOfAnotherKind) {
  EXPECT_FALSE(inside([] { return describe_vxlan("nowhere"); }).has_value());
  EXPECT_EQ(error_of([] { (void)describe_vxlan("br0"); }), EINVAL);
  EXPECT_EQ(error_of([] { (void)list_fdb("nowhere"); }), ENODEV);
  EXPECT_EQ(error_of([] { (void)list_neighbours("nowhere"); }), ENODEV);
}

TEST_F(BridgeFdbTest, ReadsRemoteEntriesOfTheDevice) {
  bridge("fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.2");
  bridge("fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.3");
  bridge("fdb add 02:00:00:00:00:01 dev vx0 dst 10.0.0.2 self extern_learn");
  bridge("fdb add 02:00:00:00:00:02 dev vx0 dst 10.0.0.3 vni 200 port 8472 self static");
  const auto all = fdb("vx0");
  const auto floods = [&](const std::string& to) {
    return std::count_if(all.begin(), all.end(), [&](const FdbEntry& one) {
      return one.mac == "00:00:00:00:00:00" && one.destination == to;
    });
  };
  EXPECT_EQ(floods("10.0.0.2"), 1);
  EXPECT_EQ(floods("10.0.0.3"), 1);
  const FdbEntry learned = entry("vx0", "02:00:00:00:00:01", false);
  EXPECT_EQ(learned.destination, "10.0.0.2");
  EXPECT_TRUE(learned.external);
  const FdbEntry other = entry("vx0", "02:00:00:00:00:02", false);
  EXPECT_EQ(other.vni, 200u);
  EXPECT_EQ(other.udp_port, 8472u);
  EXPECT_FALSE(other.external);
}

TEST_F(BridgeFdbTest, TellsOnlyOfTheDeviceAskedFor) {
  ip("link add vx1 type vxlan id 101 local 10.0.0.1 dstport 4790");
  bridge("fdb append 02:00:00:00:00:01 dev vx1 dst 10.0.0.2");
  EXPECT_EQ(entry("vx0", "02:00:00:00:00:01", false).destination, "");
  EXPECT_EQ(entry("vx1", "02:00:00:00:00:01", false).destination, "10.0.0.2");
}

TEST_F(BridgeFdbTest, PutsStaticEntriesOnAPortAndTakesThemOff) {
  port();
  set("port0", kStation);
  set("port0", kStation);
  EXPECT_TRUE(entry("port0", kStation, true).fixed);
  EXPECT_NE(bridge("fdb show br br0").find(std::string(kStation) + " dev port0"),
            std::string::npos);
  EXPECT_TRUE(inside([] { return remove_fdb("port0", kStation); }));
  EXPECT_FALSE(inside([] { return remove_fdb("port0", kStation); }));
  EXPECT_EQ(entry("port0", kStation, true).mac, "");
}

TEST_F(BridgeFdbTest, MovesAnEntryFromAnotherPort) {
  port();
  bridge(std::string("fdb add ") + kStation + " dev vx0 master extern_learn");
  set("port0", kStation);
  EXPECT_EQ(entry("vx0", kStation, true).mac, "");
  EXPECT_TRUE(entry("port0", kStation, true).fixed);
}

TEST_F(BridgeFdbTest, RefusesAPortThatIsInNoBridge) {
  EXPECT_NE(error_of([] { set_fdb("v0", kStation); }), 0);
}

TEST_F(BridgeFdbTest, MakesAPortOnceAndMendsIt) {
  const std::string before = ip("-br link show br0");
  const BridgePort made = port();
  ip("link set port0 nomaster");
  ip("link set port0 down");
  EXPECT_EQ(port().ifindex, made.ifindex);
  const std::string shown = ip("-d link show port0");
  EXPECT_NE(shown.find("master br0"), std::string::npos) << shown;
  EXPECT_NE(shown.find(",UP"), std::string::npos) << shown;
  EXPECT_NE(shown.find("learning off flood off"), std::string::npos) << shown;
  EXPECT_NE(shown.find("alias ours"), std::string::npos) << shown;
  EXPECT_EQ(ip("-br link show br0"), before) << "the bridge keeps its address";
  EXPECT_EQ(error_of([] { (void)ensure_bridge_port({"v0", "br0", "ours"}); }), EEXIST);
  EXPECT_EQ(error_of([] { (void)ensure_bridge_port({"p1", "nowhere", "ours"}); }), ENODEV);
}

TEST_F(BridgeFdbTest, SetsNeighboursThatCarryOurMark) {
  const auto find = [&](const std::string& address) {
    for (const NeighbourEntry& one : inside([] { return list_neighbours("br0"); }))
      if (one.address == address) return one;
    return NeighbourEntry{};
  };
  ip("neigh add 10.5.0.2 lladdr 02:00:00:00:00:02 dev br0 extern_learn");
  ip("neigh add 10.5.0.4 lladdr 02:00:00:00:00:04 dev v0");
  in_netns(netns_->path(), [] {
    set_neighbour("br0", "10.5.0.1", kStation);
    set_neighbour("br0", "fd05::1", kStation);
    set_neighbour("br0", "fd05::1", kStation);
  });
  EXPECT_TRUE(find("10.5.0.2").external);
  EXPECT_FALSE(find("10.5.0.2").own);
  EXPECT_TRUE(find("10.5.0.1").own);
  EXPECT_EQ(find("fd05::1").mac, kStation);
  EXPECT_EQ(find("10.5.0.4").address, "") << "of another device";
  EXPECT_TRUE(inside([] { return remove_neighbour("br0", "fd05::1"); }));
  EXPECT_FALSE(inside([] { return remove_neighbour("br0", "fd05::1"); }));
}

TEST_F(BridgeFdbTest, ReadsRoutesByAGatewayBehindTheBridge) {
  ip("route add 10.6.0.0/24 via 10.0.0.2 dev br0 onlink");
  ip("nexthop add id 5 via 10.0.0.3 dev br0 onlink");
  ip("route add 10.7.0.0/24 nhid 5");
  ip("-6 route add fd06::/64 via ::ffff:10.0.0.2 dev br0 onlink");
  ip("route add 10.8.0.0/24 via 10.0.0.2 dev v0");
  ip("route add 10.9.0.0/24 dev br0");
  ip("route add 10.10.0.0/24 via 10.0.0.2 dev br0 onlink table 77");
  std::map<std::string, std::vector<std::string>> routes;
  for (const auto& route : inside([] { return list_gateway_routes("br0", 254); }))
    routes[route.prefix] = route.gateways;
  const std::map<std::string, std::vector<std::string>> expected = {
      {"10.6.0.0/24", {"10.0.0.2"}}, {"10.7.0.0/24", {"10.0.0.3"}}, {"fd06::/64", {"10.0.0.2"}}};
  EXPECT_EQ(routes, expected);
}

TEST_F(BridgeFdbTest, TheMirrorTellsWhichDeviceHasChanged) {
  start();
  const auto told = [&](const std::string& ifname) {
    const int ifindex = inside([&] { return static_cast<int>(::if_nametoindex(ifname.c_str())); });
    return sink_.read([&](const RecordingSink& sink) {
      const auto& all = sink.fdb_changes_;
      return std::count(all.begin(), all.end(), ifindex);
    });
  };
  const auto any = [&] {
    return sink_.read([](const RecordingSink& sink) { return sink.fdb_changes_; });
  };
  eventually([&] { return any() == std::vector{0}; }, "all, after the first resync");
  bridge("fdb add 02:00:00:00:00:01 dev vx0 dst 10.0.0.2 self extern_learn");
  eventually([&] { return told("vx0") == 1; }, "an FDB entry");
  ip("neigh add 10.5.0.2 lladdr 02:00:00:00:00:02 dev br0 extern_learn");
  eventually([&] { return told("br0") == 1; }, "a neighbour of the bridge");
  ip("route add 10.6.0.0/24 via 10.0.0.2 dev br0 onlink table 77");
  eventually([&] { return told("br0") == 2; }, "a route through the bridge");
  ip("neigh add 10.0.0.9 lladdr 02:00:00:00:00:02 dev v0");
  std::vector<std::string> lines;
  for (int i = 0; i < 200; ++i)
    lines.push_back("neigh add 10.5.1." + std::to_string(i) +
                    " lladdr 02:00:00:00:00:02 dev br0 extern_learn");
  batch(lines);
  eventually([&] { return told("br0") >= 3; }, "many neighbours");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LE(told("br0"), 20) << "many changes are told as one";
  EXPECT_EQ(told("v0"), 0);
}

}  // namespace

}  // namespace millrace
