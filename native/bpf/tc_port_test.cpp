// Super-frames at tcx: counted and judged by what they become on a wire.
#include "bpf/lane_fixture.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kHeaders = kEthernetLength + ip4::kMinHeader + 20;

class TcPortTest : public LaneFixture {
 protected:
  void SetUp() override {
    LaneFixture::SetUp();
    if (!IsSkipped()) use_tc();
  }
  static Bytes tcp_frame(const Pod& from, Ip4 to, std::size_t payload) {
    const Bytes packet = ip4_packet({.source = from.ip4, .destination = to, .protocol = kProtoTcp},
                                    tcp(counting(payload)));
    return ethernet(from.gateway_mac, from.mac, kEtherTypeIp4, packet);
  }
  // The graph has seen the flow.
  void learn(const Pod& from, Ip4 to) { through_graph(from, tcp_frame(from, to, 1)); }
  // A super-frame of segments of 1000 bytes is counted as they would be, each with its headers.
  void expect_counted(std::size_t payload, std::uint32_t segments) {
    learn(kBlueA, kBlueB.ip4);
    const Bytes frame = tcp_frame(kBlueA, kBlueB.ip4, payload);
    ASSERT_TRUE(through_tc(kBlueA, frame, 1000));
    EXPECT_EQ(counted_.packets, segments);
    EXPECT_EQ(counted_.bytes, frame.size() + (segments - 1) * kHeaders);
  }
};

TEST_F(TcPortTest, CountsTheSegmentsOfASuperFrame) {
  expect_counted(3001, 4);
}

TEST_F(TcPortTest, CountsASuperFrameOfWholeSegments) {
  expect_counted(3000, 3);
}

TEST_F(TcPortTest, TakesASuperFrameWhoseSegmentsFitAndNoOther) {
  learn(kBlueA, kBlueB.ip4);
  const Bytes frame = tcp_frame(kBlueA, kBlueB.ip4, 3000);
  EXPECT_TRUE(through_tc(kBlueA, frame, 1460)) << "packets of 1500 bytes";
  EXPECT_FALSE(through_tc(kBlueA, frame, 1461)) << "packets of 1501 bytes";
  EXPECT_FALSE(through_tc(kBlueA, frame, 0)) << "one packet of 3040 bytes";
}

TEST_F(TcPortTest, TakesATtlFromTheWholeSuperFrame) {
  learn(kBlueA, kBlueB.ip4);
  const Bytes frame = tcp_frame(kBlueA, kBlueB.ip4, 3000);
  const auto left = through_tc(kBlueA, frame, 1000);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->port, kBlueB.port);
  EXPECT_EQ(left->frame[kEthernetLength + ip4::kTtl], frame[kEthernetLength + ip4::kTtl] - 1);
  EXPECT_EQ(left->frame.size(), frame.size());
}

TEST_F(TcPortTest, LeavesASuperFrameOfAnEndedFlowToTheLoop) {
  learn(kBlueA, kBlueB.ip4);
  const Bytes frame = tcp_frame(kBlueA, kBlueB.ip4, 3000);
  ASSERT_TRUE(through_tc(kBlueA, frame, 1000));
  table().generation().changed();
  EXPECT_FALSE(through_tc(kBlueA, frame, 1000));
}

}  // namespace

}  // namespace millrace
