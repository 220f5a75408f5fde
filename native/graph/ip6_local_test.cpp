#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kIdentifier = 0x12340007;
using ip6::kNoNextHeader;
constexpr std::uint8_t kNodeInformationQuery = 139;

class Ip6LocalTest : public GraphTest {
 protected:
  static Bytes to_gateway(std::uint8_t next, const Bytes& payload, std::uint8_t hop_limit = 64) {
    return frame_from(kBlueA, kEtherTypeIp6,
                      ip6_packet({.source = kBlueA.ip6,
                                  .destination = kBlueGateway6,
                                  .next = next,
                                  .hop_limit = hop_limit},
                                 payload));
  }
  static Bytes icmp_to_gateway(std::uint8_t type, std::uint8_t code, const Bytes& data,
                               std::uint8_t hop_limit = 64) {
    Bytes frame = to_gateway(kProtoIcmp6, icmp_message(type, code, kIdentifier, data), hop_limit);
    seal_icmp6(frame);
    return frame;
  }
  static Bytes echo_request(const Bytes& data, std::uint8_t hop_limit = 64) {
    return icmp_to_gateway(icmp6::kEchoRequest, 0, data, hop_limit);
  }
  static Bytes echo_reply(const Bytes& data) {
    Bytes frame = frame_to(
        kBlueA, kEtherTypeIp6,
        ip6_packet({.source = kBlueGateway6, .destination = kBlueA.ip6, .next = kProtoIcmp6},
                   icmp_message(icmp6::kEchoReply, 0, kIdentifier, data)));
    seal_icmp6(frame);
    return frame;
  }
  void expect_error(const Bytes& frame, std::uint8_t type, std::uint8_t code, std::uint32_t rest) {
    expect_refused(kBlueA, frame, DropReason::kLocalUnhandled,
                   icmp6_error_to(kBlueA, kBlueGateway6, type, code, rest, frame));
  }
};

TEST_F(Ip6LocalTest, AnswersEchoOfEveryLength) {
  for (std::size_t length = 0; length < 100; ++length)
    expect_sent(kBlueA, echo_request(counting(length)), kBlueA, echo_reply(counting(length)));
  expect_sent(kBlueA, echo_request(Bytes(1452, 7)), kBlueA, echo_reply(Bytes(1452, 7)));
}

TEST_F(Ip6LocalTest, AnswersEchoWhateverTheHopLimit) {
  for (const std::uint8_t hops : {0, 1, 2, 255})
    expect_sent(kBlueA, echo_request(counting(8), hops), kBlueA, echo_reply(counting(8)));
}

TEST_F(Ip6LocalTest, LeavesOutThePaddingOfTheFrame) {
  expect_sent(kBlueA, join({echo_request({}), Bytes(6, 0xee)}), kBlueA, echo_reply({}));
}

TEST_F(Ip6LocalTest, DropsMalformedIcmp) {
  Bytes wrong = echo_request(counting(9));
  wrong.back() ^= 1;
  expect_dropped(kBlueA, wrong, DropReason::kLocalMalformed);
  const Bytes message = icmp_message(icmp6::kEchoRequest, 0, kIdentifier, {});
  for (std::ptrdiff_t length = 0; length < 8; ++length)
    expect_dropped(kBlueA, to_gateway(kProtoIcmp6, {message.begin(), message.begin() + length}),
                   DropReason::kLocalMalformed);
}

TEST_F(Ip6LocalTest, DropsAnEchoCutShortThoughItsChecksumIsRight) {
  for (std::size_t length = 4; length < 8; ++length) {
    Bytes message(length);
    message[0] = icmp6::kEchoRequest;
    Bytes frame = to_gateway(kProtoIcmp6, message);
    seal_icmp6(frame);
    expect_dropped(kBlueA, frame, DropReason::kLocalMalformed);
  }
}

TEST_F(Ip6LocalTest, DropsOtherIcmpInSilence) {
  const DropReason unhandled = DropReason::kLocalUnhandled;
  const auto icmp = [](std::uint8_t type, std::uint8_t code) {
    return icmp_to_gateway(type, code, counting(48));
  };
  expect_all_dropped(kBlueA,
                     {{"echo request, code 1", icmp(icmp6::kEchoRequest, 1), unhandled},
                      {"echo reply", icmp(icmp6::kEchoReply, 0), unhandled},
                      {"unreachable", icmp(icmp6::kUnreachable, 0), unhandled},
                      {"too big", icmp(icmp6::kTooBig, 0), unhandled},
                      {"node information query", icmp(kNodeInformationQuery, 0), unhandled}});
}

TEST_F(Ip6LocalTest, RefusesPortsItDoesNotServe) {
  expect_error(to_gateway(kProtoUdp, udp(counting(4))), icmp6::kUnreachable, icmp6::kCodePort, 0);
  expect_error(to_gateway(kProtoTcp, tcp({})), icmp6::kUnreachable, icmp6::kCodePort, 0);
}

TEST_F(Ip6LocalTest, PointsAtANextHeaderItDoesNotKnow) {
  expect_error(to_gateway(kProtoSctp, counting(16)), icmp6::kParameterProblem,
               icmp6::kCodeUnrecognizedNextHeader, ip6::kNextHeader);
  expect_error(to_gateway(ip6::kDestinationOptions, join({extension(kProtoSctp), counting(16)})),
               icmp6::kParameterProblem, icmp6::kCodeUnrecognizedNextHeader, ip6::kHeader);
}

TEST_F(Ip6LocalTest, StepsOverExtensionHeaders) {
  for (const std::uint8_t next : {ip6::kHopByHop, ip6::kRouting, ip6::kDestinationOptions})
    expect_error(to_gateway(next, join({extension(kProtoUdp), udp({})})), icmp6::kUnreachable,
                 icmp6::kCodePort, 0);
}

TEST_F(Ip6LocalTest, DropsFragmentsAndWhatHasNoNextHeader) {
  expect_dropped(kBlueA, to_gateway(ip6::kFragment, extension(kProtoUdp)),
                 DropReason::kLocalUnhandled);
  expect_dropped(kBlueA, to_gateway(kNoNextHeader, counting(8)), DropReason::kLocalUnhandled);
  expect_dropped(kBlueA, to_gateway(ip6::kDestinationOptions, counting(7)),
                 DropReason::kLocalMalformed);
}

}  // namespace

}  // namespace millrace
