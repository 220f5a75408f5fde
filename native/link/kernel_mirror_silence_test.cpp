// What the kernel removes without a message. Where the kernel does not behave as the rules say, the
// verification mends it: each case ends with a comparison.
#include "link/kernel_mirror_fixture.hpp"

namespace millrace {

namespace {

class KernelMirrorSilenceTest : public KernelMirrorTest {
 protected:
  void SetUp() override {
    KernelMirrorTest::SetUp();
    if (IsSkipped()) return;
    make_links();
    ip("route add 1.0.0.0/24 via 10.0.0.2 table 100");
    ip("route add 1.0.0.0/24 via 10.0.1.2 table 100 metric 9");
    ip("route add 1.0.1.0/24 table 100 nexthop via 10.0.0.2 nexthop via 10.0.1.2");
    ip("-6 route add fd10::/64 via fd00::2 table 100");
    ip("-6 route add fd11::/64 table 100 nexthop via fd00::2 nexthop via fd00:1::2");
    start();
  }
  // Nothing is different for a sink that joins now.
  void expect_like_new(const std::string& when) {
    const auto verified = mirror_->statistics().verifications;
    RecordingSink second;
    KernelMirror other(second, {.tables = {}, .netns = netns_->path()});
    other.start();
    eventually([&] { return other.statistics().resyncs > 0; }, "the second mirror");
    eventually([&] { return sink_.routes() == second.routes(); }, "the same routes " + when);
    EXPECT_EQ(sink_.routes(), second.routes()) << when;
    EXPECT_EQ(mirror_->statistics().verifications, verified) << "the rules did, not the check";
    other.stop();
  }
};

TEST_F(KernelMirrorSilenceTest, DropsRoutesOfALinkThatGoesDown) {
  ip("link set v0 down");
  expect_route("100 1.0.0.0/24", "unicast metric 9 via 10.0.1.2*1");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.1.2*1");
  expect_route("100 fd10::/64", "none");
  expect_route("100 fd11::/64", "unicast metric 1024 via fd00:1::2*1");
  expect_route("254 10.0.0.0/24", "none");
  EXPECT_EQ(sink_.route("255 10.0.0.1/32"), "local metric 0 via link*1") << "it stays local";
  expect_like_new("with the link down");
  ip("link set v0 up");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.0.2*1 via 10.0.1.2*1");
  expect_route("254 10.0.0.0/24", "unicast metric 0 via link*1");
  EXPECT_EQ(sink_.route("100 1.0.0.0/24"), "unicast metric 9 via 10.0.1.2*1");
}

TEST_F(KernelMirrorSilenceTest, DropsRoutesOfALinkThatVanishes) {
  ip("link del v0");
  expect_route("100 1.0.0.0/24", "unicast metric 9 via 10.0.1.2*1");
  expect_route("100 1.0.1.0/24", "none");
  expect_route("100 fd10::/64", "none");
  expect_route("100 fd11::/64", "unicast metric 1024 via fd00:1::2*1");
  expect_route("255 10.0.0.1/32", "none");
  expect_like_new("without the link");
}

TEST_F(KernelMirrorSilenceTest, EndsIp4OnALinkWithItsLastAddress) {
  ip("addr add 10.0.0.9/32 dev v0");
  ip("addr del 10.0.0.9/32 dev v0");
  ip("addr del 10.0.1.1/24 dev w0");
  expect_route("254 10.0.1.0/24", "none");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.0.2*1");
  EXPECT_EQ(sink_.route("100 1.0.0.0/24"), "unicast metric 0 via 10.0.0.2*1");
  EXPECT_EQ(sink_.route("100 fd11::/64"), "unicast metric 1024 via fd00:1::2*1 via fd00::2*1");
  ip("route del 1.0.0.0/24 table 100 metric 0");
  expect_route("100 1.0.0.0/24", "none");
  ip("addr add 10.0.1.1/24 dev w0");
  expect_route("100 1.0.1.0/24", "unicast metric 0 via 10.0.0.2*1 via 10.0.1.2*1");
}

TEST_F(KernelMirrorSilenceTest, DropsRoutesWhoseSourceAddressIsGone) {
  ip("addr add 10.9.9.9/32 dev w0");
  ip("route add 1.0.5.0/24 via 10.0.0.2 src 10.9.9.9");
  ip("route add 1.0.5.0/24 via 10.0.0.2 src 10.9.9.9 table 100");
  expect_route("254 1.0.5.0/24", "unicast metric 0 via 10.0.0.2*1");
  ip("addr del 10.9.9.9/32 dev w0");
  expect_route("254 1.0.5.0/24", "none");
  expect_like_new("without the address");
}

}  // namespace

}  // namespace millrace
