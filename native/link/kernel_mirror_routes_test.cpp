// Routes as ip(8) changes them one at a time.
#include "link/kernel_mirror_fixture.hpp"

namespace millrace {

namespace {

class KernelMirrorRoutesTest : public KernelMirrorTest {
 protected:
  void SetUp() override {
    KernelMirrorTest::SetUp();
    if (IsSkipped()) return;
    make_links();
  }
};

TEST_F(KernelMirrorRoutesTest, ReportsWhatIsThereAndWhatChanges) {
  ip("route add 1.0.0.0/24 via 10.0.0.2 table 100");
  ip("-6 route add fd10::/64 via fd00::2 table 100");
  start();
  EXPECT_EQ(sink_.route("100 1.0.0.0/24"), "unicast metric 0 via 10.0.0.2*1");
  EXPECT_EQ(sink_.route("100 fd10::/64"), "unicast metric 1024 via fd00::2*1");
  EXPECT_EQ(sink_.route("255 10.0.0.1/32"), "local metric 0 via link*1");
  EXPECT_EQ(sink_.route("254 10.0.0.0/24"), "unicast metric 0 via link*1");
  ip("route add 1.0.1.0/24 via 10.0.1.2");
  expect_route("254 1.0.1.0/24", "unicast metric 0 via 10.0.1.2*1");
  ip("route del 1.0.0.0/24 table 100");
  expect_route("100 1.0.0.0/24", "none");
  ip("-6 route del fd10::/64 table 100");
  expect_route("100 fd10::/64", "none");
}

TEST_F(KernelMirrorRoutesTest, FollowsOnlyTheTablesAskedFor) {
  ip("route add 1.0.0.0/24 via 10.0.0.2 table 100");
  ip("route add 1.0.0.0/24 via 10.0.0.2 table 5000");
  start({.tables = {100}, .netns = {}});
  EXPECT_EQ(sink_.routes().size(), 1u);
  ip("route add 1.0.1.0/24 via 10.0.0.2 table 5000");
  mirror_->set_tables({5000, 6000});
  expect_route("5000 1.0.1.0/24", "unicast metric 0 via 10.0.0.2*1");
  expect_route("5000 1.0.0.0/24", "unicast metric 0 via 10.0.0.2*1");
  expect_route("100 1.0.0.0/24", "none");
  ip("route add 1.0.2.0/24 via 10.0.0.2 table 100");
  ip("route add 1.0.2.0/24 via 10.0.0.2 table 6000");
  expect_route("6000 1.0.2.0/24", "unicast metric 0 via 10.0.0.2*1");
  EXPECT_EQ(sink_.routes().size(), 3u);
}

TEST_F(KernelMirrorRoutesTest, ReportsTheLowestMetricAndThenTheNext) {
  start();
  for (const std::string family : {"-4", "-6"}) {
    const bool ip6 = family == "-6";
    const std::string prefix = ip6 ? "fd10::/64" : "1.0.0.0/24";
    const std::string gateway = ip6 ? "fd00::" : "10.0.0.";
    const std::string route = family + " route add table 100 " + prefix + " via " + gateway;
    const auto is = [&](const std::string& metric) {
      expect_route("100 " + prefix, "unicast metric " + metric + " via " + gateway +
                                        std::string(1, metric[0]) + "*1");
    };
    ip(route + "3 metric 300");
    is("300");
    ip(route + "2 metric 200");
    is("200");
    ip(route + "4 metric 400");
    ip(family + " route del table 100 " + prefix + " metric 200");
    is("300");
    ip(family + " route del table 100 " + prefix + " metric 300");
    is("400");
    ip(family + " route del table 100 " + prefix + " metric 400");
    expect_route("100 " + prefix, "none");
  }
}

TEST_F(KernelMirrorRoutesTest, FollowsAReplacedRoute) {
  start();
  ip("route add 1.0.0.0/24 via 10.0.0.2 table 100");
  ip("route replace 1.0.0.0/24 via 10.0.1.3 table 100");
  expect_route("100 1.0.0.0/24", "unicast metric 0 via 10.0.1.3*1");
  ip("-6 route add fd10::/64 via fd00::2 table 100");
  ip("-6 route replace fd10::/64 via fd00:1::3 table 100");
  expect_route("100 fd10::/64", "unicast metric 1024 via fd00:1::3*1");
  ip("-6 route replace fd10::/64 table 100 nexthop via fd00::4 nexthop via fd00:1::4");
  expect_route("100 fd10::/64", "unicast metric 1024 via fd00:1::4*1 via fd00::4*1");
  ip("route del 1.0.0.0/24 table 100");
  ip("-6 route del fd10::/64 table 100");
  expect_route("100 1.0.0.0/24", "none");
  expect_route("100 fd10::/64", "none");
}

TEST_F(KernelMirrorRoutesTest, PrefersEqualRoutesInTheKernelsOrder) {
  start();
  const std::string prefix = " 1.0.0.0/24 table 100 via ";
  ip("route add" + prefix + "10.0.0.2");
  ip("route append" + prefix + "10.0.0.3");
  ip("route prepend" + prefix + "10.0.0.4");
  expect_route("100 1.0.0.0/24", "unicast metric 0 via 10.0.0.4*1");
  ip("route del" + prefix + "10.0.0.4");
  expect_route("100 1.0.0.0/24", "unicast metric 0 via 10.0.0.2*1");
  ip("route del" + prefix + "10.0.0.2");
  expect_route("100 1.0.0.0/24", "unicast metric 0 via 10.0.0.3*1");
}

TEST_F(KernelMirrorRoutesTest, KnowsAllNextHopsOfAMultipathRoute) {
  start();
  ip("route add 1.0.0.0/24 table 100 nexthop via 10.0.0.2 weight 3 nexthop via 10.0.1.2 weight 5");
  expect_route("100 1.0.0.0/24", "unicast metric 0 via 10.0.0.2*3 via 10.0.1.2*5");
  const std::string prefix = " fd10::/64 table 100 via ";
  ip("-6 route add" + prefix + "fd00::2");
  ip("-6 route append" + prefix + "fd00:1::2");
  ip("-6 route append" + prefix + "fd00:1::3");
  expect_route("100 fd10::/64",
               "unicast metric 1024 via fd00:1::2*1 via fd00:1::3*1 via fd00::2*1");
  ip("-6 route del" + prefix + "fd00:1::2");
  expect_route("100 fd10::/64", "unicast metric 1024 via fd00:1::3*1 via fd00::2*1");
  ip("-6 route del" + prefix + "fd00::2");
  expect_route("100 fd10::/64", "unicast metric 1024 via fd00:1::3*1");
}

TEST_F(KernelMirrorRoutesTest, KnowsIp6GatewaysOfIp4Routes) {
  start();
  ip("route add 1.0.0.0/24 table 100 via inet6 fd00::2 dev v0");
  expect_route("100 1.0.0.0/24", "unicast metric 0 via fd00::2*1");
  ip("route add 1.0.1.0/24 table 100 nexthop via inet6 fd00::2 dev v0 nexthop via 10.0.1.2");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.1.2*1 via fd00::2*1");
}

TEST_F(KernelMirrorRoutesTest, ReportsTheTypesThatMatterForForwarding) {
  start();
  for (const std::string type : {"blackhole", "unreachable", "prohibit"}) {
    ip("route add " + type + " 1.0.0.0/24 table 100");
    expect_route("100 1.0.0.0/24", type + " metric 0");
    ip("route del " + type + " 1.0.0.0/24 table 100");
    ip("-6 route add " + type + " fd10::/64 table 100");
    expect_route("100 fd10::/64", type + " metric 1024");
    ip("-6 route del " + type + " fd10::/64 table 100");
  }
  ip("route add throw 1.0.0.0/24 table 100");
  expect_route("100 1.0.0.0/24", "other metric 0");
  ip("route add local 1.0.1.0/24 dev lo table 100");
  expect_route("100 1.0.1.0/24", "local metric 0 via link*1");
}

TEST_F(KernelMirrorRoutesTest, LeavesLinkLocalAndMulticastOut) {
  ip("route add broadcast 10.9.9.255 dev v0 table 100");
  start();
  ip("-6 route add fe80::5 dev v0 table 100");
  ip("route add 1.0.0.0/24 tos 0x10 via 10.0.0.2 table 100");
  ip("-6 route add fd10::/64 dev v0 table 100");
  expect_route("100 fd10::/64", "unicast metric 1024 via link*1");
  for (const auto& [key, description] : sink_.routes()) {
    EXPECT_EQ(key.find(" fe80"), std::string::npos) << key;
    EXPECT_EQ(key.find(" ff"), std::string::npos) << key;
    EXPECT_EQ(key.find("255/32"), std::string::npos) << key;
    EXPECT_EQ(key.find("1.0.0.0"), std::string::npos) << key;
  }
  EXPECT_GT(mirror_->statistics().ignored, 0u);
}

}  // namespace

}  // namespace millrace
