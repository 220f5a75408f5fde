// Nexthop objects: routes that carry an id only.
#include "link/kernel_mirror_fixture.hpp"

namespace millrace {

namespace {

class KernelMirrorNexthopsTest : public KernelMirrorTest,
                                 public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    KernelMirrorTest::SetUp();
    if (IsSkipped()) return;
    make_links();
    // 0: routes are told with the id only, and not again when the object changes.
    run("sysctl -qw net.ipv4.nexthop_compat_mode=" + std::to_string(GetParam()));
    if (std::system("ip nexthop help 2>&1 | grep -q resilient") != 0)
      GTEST_SKIP() << "needs ip(8) with nexthop objects";
    ip("nexthop add id 1 via 10.0.0.2 dev v0");
    ip("nexthop add id 2 via 10.0.1.2 dev w0");
    ip("nexthop add id 3 via fd00::2 dev v0");
    ip("nexthop add id 10 group 1,3/2,5");
    ip("route add 1.0.0.0/24 nhid 1 table 100");
    ip("route add 1.0.1.0/24 nhid 10 table 100");
    ip("-6 route add fd10::/64 nhid 3 table 100");
    start();
  }
};

TEST_P(KernelMirrorNexthopsTest, ResolvesIdsAndGroups) {
  EXPECT_EQ(sink_.route("100 1.0.0.0/24"), "unicast metric 0 via 10.0.0.2*1");
  EXPECT_EQ(sink_.route("100 1.0.1.0/24"), "unicast metric 0 via 10.0.0.2*3 via 10.0.1.2*5");
  EXPECT_EQ(sink_.route("100 fd10::/64"), "unicast metric 1024 via fd00::2*1");
}

TEST_P(KernelMirrorNexthopsTest, ReportsRoutesAgainWhenTheirObjectChanges) {
  ip("nexthop replace id 1 via 10.0.0.7 dev v0");
  expect_route("100 1.0.0.0/24", "unicast metric 0 via 10.0.0.7*1");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.0.7*3 via 10.0.1.2*5");
  ip("nexthop replace id 10 group 1/2,9");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.0.7*1 via 10.0.1.2*9");
  ip("nexthop del id 2");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.0.7*1");
  ip("nexthop replace id 1 blackhole");
  expect_route("100 1.0.0.0/24", "blackhole metric 0");
}

TEST_P(KernelMirrorNexthopsTest, RemovesRoutesWithTheirObject) {
  ip("nexthop del id 1");
  expect_route("100 1.0.0.0/24", "none");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.1.2*5");
  ip("nexthop del id 3");
  expect_route("100 fd10::/64", "none");
  ip("nexthop del id 2");
  expect_route("100 1.0.1.0/24", "none");
}

TEST_P(KernelMirrorNexthopsTest, LosesObjectsOfALinkThatGoesDown) {
  ip("link set v0 down");
  expect_route("100 1.0.0.0/24", "none");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.1.2*5");
  expect_route("100 fd10::/64", "none");
}

TEST_P(KernelMirrorNexthopsTest, LosesObjectsOfALinkWithoutCarrier) {
  ip("link set w1 down");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.0.2*3");
  ip("nexthop add id 11 group 1 type resilient buckets 8");
  ip("route add 1.0.2.0/24 nhid 11 table 100");
  expect_route("100 1.0.2.0/24", "unicast metric 0 via 10.0.0.2*1");
  ip("link set v1 down");
  expect_route("100 1.0.2.0/24", "none");
}

INSTANTIATE_TEST_SUITE_P(CompatMode, KernelMirrorNexthopsTest, ::testing::Values(0, 1));

}  // namespace

}  // namespace millrace
