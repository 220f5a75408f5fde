// Packets that span several frames, through the whole graph.
#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kJumbo = 9000;

class JumboTest : public GraphTest {
 protected:
  JumboTest() {
    for (const Pod& pod : kPods) {
      net.reconfigure(pod, [](PortConfig& config) { config.mtu = kJumbo; });
      net.port(pod).split_at(1793);
    }
  }
  // An IP packet of exactly so many bytes.
  static Bytes udp4_of(std::size_t length) { return udp4(kBlueA, kBlueB.ip4, length - 28); }
  static Bytes udp6_of(std::size_t length) { return udp6(kBlueA, kBlueB.ip6, length - 48); }
};

TEST_F(JumboTest, ForwardsThePacketByteForByte) {
  for (const std::size_t length : {1779u, 1780u, 3572u, 8999u, 9000u}) {
    expect_forwarded(kBlueA, udp4_of(length), kBlueB);
    expect_forwarded(kBlueA, udp6_of(length), kBlueB);
  }
}

TEST_F(JumboTest, CompletesItsChecksum) {
  for (const std::uint32_t split : {1793u, 1792u, 97u}) {
    net.port(kBlueA).split_at(split);
    Bytes frame = udp4_of(2000);
    const Bytes right = frame;
    set_checksum(frame, {kProtoUdp, 34, 6}, Checksum::kPartial);
    expect_sent(kBlueA, frame, kBlueB, forwarded(right, kBlueB));
  }
}

TEST_F(JumboTest, IsTooLongForASmallerMtuAndTheErrorQuotesItsHead) {
  net.reconfigure(kBlueB, [](PortConfig& config) { config.mtu = 1500; });
  const Bytes four = udp4_of(9000);
  expect_refused(kBlueA, four, DropReason::kMtuExceeded,
                 icmp4_error_to(kBlueA, kBlueGateway4, 3, 4, 1500, four));
  const Bytes six = udp6_of(9000);
  expect_refused(kBlueA, six, DropReason::kMtuExceeded,
                 icmp6_error_to(kBlueA, kBlueGateway6, 2, 0, 1500, six));
}

TEST_F(JumboTest, QuotesNoMoreThanTheFirstFrameHas) {
  net.port(kBlueA).split_at(200);
  net.reconfigure(kBlueB, [](PortConfig& config) { config.mtu = 1500; });
  const Bytes frame = udp4_of(3000);
  expect_refused(
      kBlueA, frame, DropReason::kMtuExceeded,
      icmp4_error_to(kBlueA, kBlueGateway4, 3, 4, 1500, Bytes(frame.begin(), frame.begin() + 200)));
}

TEST_F(JumboTest, DiesOfItsTtlLikeAnyOther) {
  Bytes frame = udp4_of(5000);
  frame[kEthernetLength + ip4::kTtl] = 1;
  seal_ip4(frame, kEthernetLength);
  expect_refused(kBlueA, frame, DropReason::kTtlExpired,
                 icmp4_error_to(kBlueA, kBlueGateway4, 11, 0, 0, frame));
}

TEST_F(JumboTest, IsDroppedWithAllItsFrames) {
  expect_dropped(kBlueA, udp4(kBlueA, ip4_address(224, 0, 0, 9), 5000), DropReason::kMulticast);
  Bytes spoofed = udp4_of(5000);
  store_be32(&spoofed[kEthernetLength + ip4::kSource], kBlueB.ip4);
  seal_ip4(spoofed, kEthernetLength);
  expect_dropped(kBlueA, spoofed, DropReason::kSourceAddress);
  Bytes runt = udp4_of(5000);
  runt.pop_back();  // shorter than its header says
  expect_dropped(kBlueA, runt, DropReason::kIp4Malformed);
}

TEST_F(JumboTest, CarriesNoPaddingInSeveralFrames) {
  Bytes four = udp4_of(5000);
  four.push_back(0);
  expect_dropped(kBlueA, four, DropReason::kIp4Malformed);
  Bytes six = udp6_of(5000);
  six.push_back(0);
  expect_dropped(kBlueA, six, DropReason::kIp6Malformed);
}

TEST_F(JumboTest, IsDroppedWithAllItsFramesWhenTheRingIsFull) {
  net.port(kBlueB).limit_tx(0);
  send(kBlueA, udp4_of(9000));
  EXPECT_EQ(net.counters_of(kBlueB).drops(DropReason::kTxRingFull), 1u);
}

TEST_F(JumboTest, OfSctpGetsItsCrc) {
  Bytes sctp = counting(6001);
  std::fill_n(sctp.begin() + 8, 4, std::uint8_t{0});
  const auto make = [&] {
    return frame_from(
        kBlueA, kEtherTypeIp4,
        ip4_packet({.source = kBlueA.ip4, .destination = kBlueB.ip4, .protocol = kProtoSctp},
                   sctp));
  };
  const Bytes frame = make();
  const std::uint32_t crc = reference_crc32c(sctp);
  for (int i = 0; i < 4; ++i) sctp[8 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  expect_sent(kBlueA, frame, kBlueB, forwarded(make(), kBlueB));
}

class JumboEchoTest : public JumboTest {};

TEST_F(JumboEchoTest, TheGatewayAnswersOrDropsAJumboEchoWithoutLosingAFrame) {
  const Bytes frame = frame_from(
      kBlueA, kEtherTypeIp4,
      ip4_packet({.source = kBlueA.ip4, .destination = kBlueGateway4, .protocol = kProtoIcmp},
                 icmp4_message(8, 0, 0x00010001, counting(4000))));
  send(kBlueA, frame);
  const std::vector<Bytes> answers = received_by(kBlueA);
  ASSERT_LE(answers.size(), 1u);
  for (const Bytes& answer : answers) {
    ASSERT_EQ(answer.size(), frame.size());
    EXPECT_EQ(reference_sum(std::span(answer).subspan(34)), 0xffff) << "the ICMP checksum";
    EXPECT_TRUE(std::equal(frame.begin() + 42, frame.end(), answer.begin() + 42));
  }
}

}  // namespace

}  // namespace millrace
