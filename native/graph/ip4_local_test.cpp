#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kIdentifier = 0x12340007;
constexpr std::uint8_t kTimestampRequest = 13, kAddressMaskRequest = 17;

class Ip4LocalTest : public GraphTest {
 protected:
  static Bytes to_gateway(Ip4Fields fields, const Bytes& payload) {
    fields.source = kBlueA.ip4;
    fields.destination = kBlueGateway4;
    return frame_from(kBlueA, kEtherTypeIp4, ip4_packet(fields, payload));
  }
  static Bytes icmp_to_gateway(const Bytes& message) {
    return to_gateway({.protocol = kProtoIcmp}, message);
  }
  static Bytes echo_request(const Bytes& data) {
    return icmp4_message(icmp4::kEchoRequest, 0, kIdentifier, data);
  }
  static Bytes echo_reply(const Bytes& data, const Bytes& options = {}) {
    return frame_to(kBlueA, kEtherTypeIp4,
                    ip4_packet({.source = kBlueGateway4,
                                .destination = kBlueA.ip4,
                                .protocol = kProtoIcmp,
                                .options = options},
                               icmp4_message(icmp4::kEchoReply, 0, kIdentifier, data)));
  }
  void expect_unreachable(const Bytes& frame, std::uint8_t code) {
    expect_refused(kBlueA, frame, DropReason::kLocalUnhandled,
                   icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kUnreachable, code, 0, frame));
  }
};

TEST_F(Ip4LocalTest, AnswersEchoOfEveryLength) {
  for (std::size_t length = 0; length < 100; ++length)
    expect_sent(kBlueA, icmp_to_gateway(echo_request(counting(length))), kBlueA,
                echo_reply(counting(length)));
  expect_sent(kBlueA, icmp_to_gateway(echo_request(Bytes(1472, 7))), kBlueA,
              echo_reply(Bytes(1472, 7)));
}

TEST_F(Ip4LocalTest, AnswersEchoWhateverTheTtl) {
  for (const std::uint8_t ttl : {0, 1, 2, 255})
    expect_sent(kBlueA, to_gateway({.protocol = kProtoIcmp, .ttl = ttl}, echo_request(counting(8))),
                kBlueA, echo_reply(counting(8)));
}

TEST_F(Ip4LocalTest, AnswersEchoWithOptions) {
  const Bytes options = {148, 4, 0, 0};
  expect_sent(kBlueA,
              to_gateway({.protocol = kProtoIcmp, .options = options}, echo_request(counting(8))),
              kBlueA, echo_reply(counting(8), options));
}

TEST_F(Ip4LocalTest, LeavesOutThePaddingOfTheFrame) {
  expect_sent(kBlueA, join({icmp_to_gateway(echo_request({})), Bytes(18, 0xee)}), kBlueA,
              echo_reply({}));
}

TEST_F(Ip4LocalTest, AnswersAHostBehindThePod) {
  const Ip4 host = ip4_address(192, 0, 2, 9);
  TestNetwork::add_route4(net.blue, host, 32, kBlueA);
  Bytes request = icmp_to_gateway(echo_request({}));
  Bytes reply = echo_reply({});
  store_be32(&request[kEthernetLength + ip4::kSource], host);
  store_be32(&reply[kEthernetLength + ip4::kDestination], host);
  seal_ip4(request, kEthernetLength);
  seal_ip4(reply, kEthernetLength);
  expect_sent(kBlueA, request, kBlueA, reply);
}

TEST_F(Ip4LocalTest, DropsMalformedIcmp) {
  Bytes wrong = icmp_to_gateway(echo_request(counting(9)));
  wrong.back() ^= 1;
  expect_dropped(kBlueA, wrong, DropReason::kLocalMalformed);
  const Bytes message = echo_request({});
  for (std::ptrdiff_t length = 0; length < 8; ++length)
    expect_dropped(kBlueA, icmp_to_gateway({message.begin(), message.begin() + length}),
                   DropReason::kLocalMalformed);
}

TEST_F(Ip4LocalTest, DropsAnEchoCutShortThoughItsChecksumIsRight) {
  for (std::size_t length = 4; length < 8; ++length) {
    Bytes message(length);
    message[0] = icmp4::kEchoRequest;
    store_be16(&message[2], reference_checksum(message));
    expect_dropped(kBlueA, icmp_to_gateway(message), DropReason::kLocalMalformed);
  }
}

TEST_F(Ip4LocalTest, DropsOtherIcmpInSilence) {
  const DropReason unhandled = DropReason::kLocalUnhandled;
  const auto icmp = [](std::uint8_t type, std::uint8_t code) {
    return icmp_to_gateway(icmp4_message(type, code, 0, counting(28)));
  };
  expect_all_dropped(kBlueA, {{"echo request, code 1", icmp(icmp4::kEchoRequest, 1), unhandled},
                              {"echo reply", icmp(icmp4::kEchoReply, 0), unhandled},
                              {"unreachable", icmp(icmp4::kUnreachable, 1), unhandled},
                              {"redirect", icmp(icmp4::kRedirect, 1), unhandled},
                              {"timestamp", icmp(kTimestampRequest, 0), unhandled},
                              {"address mask", icmp(kAddressMaskRequest, 0), unhandled}});
}

TEST_F(Ip4LocalTest, DropsFragmentsInSilence) {
  const Bytes message = echo_request(counting(32));
  for (const std::uint16_t fragment : {0x2000, 0x2004, 0x0008}) {
    expect_dropped(kBlueA, to_gateway({.protocol = kProtoIcmp, .fragment = fragment}, message),
                   DropReason::kLocalUnhandled);
    expect_dropped(kBlueA, to_gateway({.fragment = fragment}, udp({})),
                   DropReason::kLocalUnhandled);
  }
}

TEST_F(Ip4LocalTest, RefusesPortsAndProtocolsItDoesNotServe) {
  expect_unreachable(to_gateway({.protocol = kProtoUdp}, udp(counting(4))), icmp4::kCodePort);
  expect_unreachable(to_gateway({.protocol = kProtoTcp}, tcp({})), icmp4::kCodePort);
  expect_unreachable(to_gateway({.protocol = kProtoSctp}, Bytes(12)), icmp4::kCodeProtocol);
  expect_unreachable(to_gateway({.protocol = 89}, {}), icmp4::kCodeProtocol);
}

// As while the port goes: the other port whose number is 0 must not get it.
TEST_F(Ip4LocalTest, AnswersNobodyThroughAPortThatLeadsNowhere) {
  net.adjacencies.publish(kFirstAdjacency + kBlueA.port, Adjacency{});
  EXPECT_EQ(reason_for(kBlueA, icmp_to_gateway(echo_request(counting(8)))), DropReason::kPortGone);
}

}  // namespace

}  // namespace millrace
