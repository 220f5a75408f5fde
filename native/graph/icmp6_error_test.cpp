#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Ip6 kNowhere = ip6_address({0x2001, 0xdb8, 0, 0, 0, 0, 0, 1});

// Each packet of these tests goes nowhere; the question is only what the sender is told.
Bytes astray(std::uint8_t next, const Bytes& payload) {
  return frame_from(
      kBlueA, kEtherTypeIp6,
      ip6_packet({.source = kBlueA.ip6, .destination = kNowhere, .next = next}, payload));
}

Bytes icmp_astray(std::uint8_t type) {
  Bytes frame = astray(kProtoIcmp6, icmp_message(type, 0, 0, counting(48)));
  seal_icmp6(frame);
  return frame;
}

class Icmp6ErrorTest : public GraphTest {
 protected:
  using GraphTest::GraphTest;

  static Bytes error_about(const Bytes& frame) {
    return icmp6_error_to(kBlueA, kBlueGateway6, icmp6::kUnreachable, icmp6::kCodeNoRoute, 0,
                          frame);
  }
  void expect_told(const Bytes& frame) {
    expect_refused(kBlueA, frame, DropReason::kNoRoute, error_about(frame));
  }
};

TEST_F(Icmp6ErrorTest, QuotesThePacketAsItCame) {
  Bytes frame = astray(kProtoUdp, udp(counting(31)));
  store_be32(&frame[kEthernetLength], 0x6ab12345);  // traffic class and flow label
  expect_told(frame);
}

TEST_F(Icmp6ErrorTest, GoesBackToTheMacItCameFromOnAnUplink) {
  net.reconfigure(kBlueA, [](PortConfig& config) {
    config.uplink = true;
    config.peer_mac = {};
  });
  expect_told(astray(kProtoUdp, udp({})));
}

TEST_F(Icmp6ErrorTest, QuotesNothingOfThePadding) {
  const Bytes frame = astray(kProtoUdp, {});
  expect_refused(kBlueA, join({frame, Bytes(6, 0xee)}), DropReason::kNoRoute, error_about(frame));
}

TEST_F(Icmp6ErrorTest, IsNeverLongerThanTheSmallestMtu) {
  for (const std::size_t length : {1191, 1192, 1193, 1460}) {
    const Bytes frame = astray(kProtoUdp, Bytes(length, 3));
    EXPECT_LE(error_about(frame).size(), kEthernetLength + 1280);
    expect_told(frame);
  }
}

TEST_F(Icmp6ErrorTest, IsNeverAboutAnIcmpError) {
  for (const std::uint8_t type : {icmp6::kUnreachable, icmp6::kTooBig, icmp6::kTimeExceeded,
                                  icmp6::kParameterProblem, std::uint8_t{100}, std::uint8_t{127}}) {
    SCOPED_TRACE(type);
    expect_dropped(kBlueA, icmp_astray(type), DropReason::kNoRoute);
  }
}

TEST_F(Icmp6ErrorTest, LooksForTheIcmpTypeBehindExtensionHeaders) {
  const auto behind_options = [](std::uint8_t type) {
    return astray(ip6::kHopByHop, join({extension(ip6::kDestinationOptions), extension(kProtoIcmp6),
                                        icmp_message(type, 0, 0, counting(48))}));
  };
  expect_dropped(kBlueA, behind_options(icmp6::kUnreachable), DropReason::kNoRoute);
  expect_told(behind_options(icmp6::kEchoRequest));
  expect_dropped(kBlueA, astray(ip6::kHopByHop, extension(kProtoIcmp6)), DropReason::kNoRoute);
}

TEST_F(Icmp6ErrorTest, IsNeverAboutAnIcmpMessageWithoutType) {
  for (const std::uint8_t behind : {0x00, 0xff}) {
    net.set_tail(behind);
    expect_dropped(kBlueA, astray(kProtoIcmp6, {}), DropReason::kNoRoute);
  }
}

TEST_F(Icmp6ErrorTest, IsAboutAnIcmpQuery) {
  for (const std::uint8_t type : {icmp6::kEchoRequest, icmp6::kEchoReply, std::uint8_t{139}})
    expect_told(icmp_astray(type));
}

// RFC 4443 knows no exception for fragments, unlike RFC 1812 for IPv4.
TEST_F(Icmp6ErrorTest, IsAboutEveryFragment) {
  expect_told(astray(ip6::kFragment, join({{17, 0, 0, 1, 0, 0, 0, 7}, udp(counting(64))})));
  expect_told(astray(ip6::kFragment, join({{17, 0, 0, 72, 0, 0, 0, 7}, counting(20)})));
}

TEST_F(Icmp6ErrorTest, AnswersTheSourceBehindThePod) {
  const Ip6 host = ip6_address({0xfd00, 9, 0, 0, 0, 0, 0, 9});
  TestNetwork::add_route6(net.blue, host, 128, kBlueA);
  Bytes frame = astray(kProtoUdp, udp({}));
  std::memcpy(&frame[kEthernetLength + ip6::kSource], host.bytes.data(), 16);
  Bytes expected = error_about(frame);
  std::memcpy(&expected[kEthernetLength + ip6::kDestination], host.bytes.data(), 16);
  seal_icmp6(expected);
  expect_refused(kBlueA, frame, DropReason::kNoRoute, expected);
}

TEST_F(Icmp6ErrorTest, IsNotSentWhereThereIsNoGatewayToSendIt) {
  net.blue.has_gateway6 = false;
  expect_dropped(kBlueA, astray(kProtoUdp, udp({})), DropReason::kNoRoute);
}

class SlowIcmp6ErrorTest : public Icmp6ErrorTest {
 protected:
  SlowIcmp6ErrorTest() : Icmp6ErrorTest(1) {}
};

TEST_F(SlowIcmp6ErrorTest, IsSentNoMoreOftenThanAllowed) {
  for (int i = 0; i < 50; ++i) net.port(kBlueA).inject(astray(kProtoUdp, udp({})));
  net.run();
  const CounterBlock& counters = net.counters_of(kBlueA);
  EXPECT_EQ(counters.drops(DropReason::kNoRoute), 50u);
  EXPECT_EQ(counters.get(kIcmpErrors) + counters.get(kIcmpLimited), 50u);
  EXPECT_EQ(received_by(kBlueA).size(), counters.get(kIcmpErrors));
  EXPECT_GE(counters.get(kIcmpErrors), 1u);
  EXPECT_LE(counters.get(kIcmpErrors), 3u) << "at 1 per second";
}

TEST_F(SlowIcmp6ErrorTest, SharesTheLimitWithIp4) {
  for (int i = 0; i < 20; ++i) {
    net.port(kBlueA).inject(astray(kProtoUdp, udp({})));
    net.port(kBlueB).inject(udp4(kBlueB, ip4_address(198, 51, 100, 1)));
  }
  net.run();
  EXPECT_EQ(received_by(kBlueA).size() + received_by(kBlueB).size(), net.sum(kIcmpErrors));
  EXPECT_LE(net.sum(kIcmpErrors), 3u) << "at 1 per second";
}

}  // namespace

}  // namespace millrace
