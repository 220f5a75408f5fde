#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Ip4 kNowhere = ip4_address(198, 51, 100, 1);

// Each packet of these tests goes nowhere; the question is only what the sender is told.
Bytes astray(Ip4Fields fields, const Bytes& payload) {
  fields.source = kBlueA.ip4;
  fields.destination = kNowhere;
  return frame_from(kBlueA, kEtherTypeIp4, ip4_packet(fields, payload));
}

Bytes icmp_astray(std::uint8_t type) {
  return astray({.protocol = kProtoIcmp}, icmp4_message(type, 0, 0, counting(28)));
}

class Icmp4ErrorTest : public GraphTest {
 protected:
  using GraphTest::GraphTest;

  static Bytes error_about(const Bytes& frame) {
    return icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kUnreachable, icmp4::kCodeNet, 0, frame);
  }
  void expect_told(const Bytes& frame) {
    expect_refused(kBlueA, frame, DropReason::kNoRoute, error_about(frame));
  }
};

TEST_F(Icmp4ErrorTest, QuotesThePacketAsItCame) {
  expect_told(astray({.ttl = 9, .options = {148, 4, 0, 0}}, udp(counting(30))));
}

TEST_F(Icmp4ErrorTest, HasTheTypeOfServiceOfThePacketButNotItsEcnBits) {
  send(kBlueA, astray({.tos = 0x2b}, udp({})));
  const std::vector<Bytes> frames = received_by(kBlueA);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0][kEthernetLength + 1], 0xc8);
}

TEST_F(Icmp4ErrorTest, GoesBackToTheMacItCameFromOnAnUplink) {
  net.reconfigure(kBlueA, [](PortConfig& config) {
    config.uplink = true;
    config.peer_mac = {};
  });
  expect_told(astray({}, udp({})));
}

TEST_F(Icmp4ErrorTest, QuotesNothingOfThePadding) {
  const Bytes frame = astray({}, udp({}));
  expect_refused(kBlueA, join({frame, Bytes(18, 0xee)}), DropReason::kNoRoute, error_about(frame));
}

TEST_F(Icmp4ErrorTest, QuotesAnEmptyPacket) {
  expect_told(astray({.protocol = 89}, {}));
}

TEST_F(Icmp4ErrorTest, IsNeverLongerThan576Bytes) {
  for (const std::size_t length : {527, 528, 529, 1480}) {
    const Bytes frame = astray({.protocol = 89}, Bytes(length, 3));
    EXPECT_LE(error_about(frame).size(), kEthernetLength + 576);
    expect_told(frame);
  }
}

TEST_F(Icmp4ErrorTest, IsNeverAboutAnIcmpError) {
  for (const std::uint8_t type : {icmp4::kUnreachable, icmp4::kSourceQuench, icmp4::kRedirect,
                                  icmp4::kTimeExceeded, icmp4::kParameterProblem}) {
    SCOPED_TRACE(type);
    expect_dropped(kBlueA, icmp_astray(type), DropReason::kNoRoute);
  }
}

TEST_F(Icmp4ErrorTest, LooksForTheIcmpTypeBehindOptions) {
  const Bytes error = icmp4_message(icmp4::kUnreachable, 0, 0, counting(28));
  const Bytes echo = icmp4_message(icmp4::kEchoRequest, 0, 0, counting(28));
  const Ip4Fields fields{.protocol = kProtoIcmp, .options = {8, 4, 8, 8, 8, 4, 8, 0}};
  expect_dropped(kBlueA, astray(fields, error), DropReason::kNoRoute);
  expect_told(astray(fields, echo));
}

TEST_F(Icmp4ErrorTest, IsNeverAboutAnIcmpMessageWithoutType) {
  for (const std::uint8_t behind : {0x00, 0xff}) {
    net.set_tail(behind);
    expect_dropped(kBlueA, astray({.protocol = kProtoIcmp}, {}), DropReason::kNoRoute);
  }
}

TEST_F(Icmp4ErrorTest, IsAboutAnIcmpQuery) {
  for (const std::uint8_t type : {icmp4::kEchoReply, icmp4::kEchoRequest, std::uint8_t{13}})
    expect_told(icmp_astray(type));
}

TEST_F(Icmp4ErrorTest, IsAboutTheFirstFragmentOnly) {
  expect_told(astray({.fragment = ip4::kMoreFragments}, udp(counting(64))));
  expect_dropped(kBlueA, astray({.fragment = ip4::kMoreFragments | 8}, counting(64)),
                 DropReason::kNoRoute);
  expect_dropped(kBlueA, astray({.fragment = 16}, counting(5)), DropReason::kNoRoute);
}

TEST_F(Icmp4ErrorTest, AnswersTheSourceBehindThePod) {
  const Ip4 host = ip4_address(192, 0, 2, 9);
  TestNetwork::add_route4(net.blue, host, 32, kBlueA);
  Bytes frame = astray({}, udp({}));
  store_be32(&frame[kEthernetLength + ip4::kSource], host);
  seal_ip4(frame, kEthernetLength);
  Bytes expected = error_about(frame);
  store_be32(&expected[kEthernetLength + ip4::kDestination], host);
  seal_ip4(expected, kEthernetLength);
  expect_refused(kBlueA, frame, DropReason::kNoRoute, expected);
}

TEST_F(Icmp4ErrorTest, IsNotSentWhereThereIsNoGatewayToSendIt) {
  net.blue.has_gateway4 = false;
  expect_dropped(kBlueA, astray({}, udp({})), DropReason::kNoRoute);
}

TEST_F(Icmp4ErrorTest, IsCountedAsDropAndAsError) {
  expect_told(astray({}, udp({})));
  EXPECT_EQ(net.counters_of(kBlueA).get(kRxPackets), 1u);
  EXPECT_EQ(net.counters_of(kBlueA).get(kTxPackets), 1u);
  EXPECT_EQ(net.counters_of(kBlueA).get(kIcmpErrors), 1u);
  EXPECT_EQ(net.counters_of(kBlueA).get(kIcmpLimited), 0u);
}

class SlowIcmp4ErrorTest : public Icmp4ErrorTest {
 protected:
  SlowIcmp4ErrorTest() : Icmp4ErrorTest(1) {}
};

TEST_F(SlowIcmp4ErrorTest, IsSentNoMoreOftenThanAllowed) {
  for (int i = 0; i < 50; ++i) net.port(kBlueA).inject(astray({}, udp({})));
  net.run();
  const CounterBlock& counters = net.counters_of(kBlueA);
  EXPECT_EQ(counters.drops(DropReason::kNoRoute), 50u);
  EXPECT_EQ(counters.get(kIcmpErrors) + counters.get(kIcmpLimited), 50u);
  EXPECT_EQ(received_by(kBlueA).size(), counters.get(kIcmpErrors));
  EXPECT_GE(counters.get(kIcmpErrors), 1u);
  EXPECT_LE(counters.get(kIcmpErrors), 3u) << "at 1 per second";
}

}  // namespace

}  // namespace millrace
