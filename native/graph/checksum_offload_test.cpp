#include "graph/checksum_offload.hpp"

#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr std::size_t kStart4 = kEthernetLength + ip4::kMinHeader;
constexpr std::size_t kStart6 = kEthernetLength + ip6::kHeader;

// An SCTP INIT chunk as built and summed by an independent implementation (scapy 2.5).
const Bytes kSctpInit = {0x13, 0x88, 0x96, 0x0c, 0x00, 0x00, 0x00, 0x00, 0xa9, 0xab, 0xd9,
                         0x3f, 0x01, 0x00, 0x00, 0x14, 0x11, 0x22, 0x33, 0x44, 0x00, 0x01,
                         0x00, 0x00, 0x00, 0x0a, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x01};
constexpr std::size_t kSctpChecksum = 8;

struct PartialCase {
  const char* description;
  Bytes frame;  // with the checksum field 0
  Transport4or6 transport;
};

class ChecksumOffloadTest : public GraphTest {
 protected:
  static Bytes packet4(std::uint8_t protocol, const Bytes& payload, const Bytes& options = {},
                       std::uint16_t fragment = 0) {
    return frame_from(kBlueA, kEtherTypeIp4,
                      ip4_packet({.source = kBlueA.ip4,
                                  .destination = kBlueB.ip4,
                                  .protocol = protocol,
                                  .fragment = fragment,
                                  .options = options},
                                 payload));
  }
  static Bytes packet6(std::uint8_t next, const Bytes& payload) {
    return frame_from(
        kBlueA, kEtherTypeIp6,
        ip6_packet({.source = kBlueA.ip6, .destination = kBlueB.ip6, .next = next}, payload));
  }
  static Bytes with(const PartialCase& c, Checksum kind) {
    Bytes frame = c.frame;
    set_checksum(frame, c.transport, kind);
    return frame;
  }
  static Bytes sctp_without_checksum() {
    Bytes packet = kSctpInit;
    std::memset(&packet[kSctpChecksum], 0, 4);
    return packet;
  }

  static std::vector<PartialCase> cases() {
    const Bytes chain = join({extension(ip6::kDestinationOptions), extension(ip6::kRouting, 3),
                              extension(kProtoTcp, 2), tcp(counting(33))});
    std::vector<PartialCase> all = {
        {"TCP behind IPv4 options",
         packet4(kProtoTcp, tcp(counting(5)), {1, 1, 1, 0}),
         {kProtoTcp, kStart4 + 4, 16}},
        {"UDP behind 40 bytes of IPv4 options",
         packet4(kProtoUdp, udp(counting(5)), Bytes(40, 1)),
         {kProtoUdp, kStart4 + 40, 6}},
        {"TCP behind a hop-by-hop header",
         packet6(ip6::kHopByHop, join({extension(kProtoTcp), tcp(counting(9))})),
         {kProtoTcp, kStart6 + 8, 16}},
        {"TCP behind three extension headers",
         packet6(ip6::kHopByHop, chain),
         {kProtoTcp, kStart6 + 48, 16}},
        {"UDP behind a long extension header",
         packet6(ip6::kDestinationOptions, join({extension(kProtoUdp, 100), udp(counting(9))})),
         {kProtoUdp, kStart6 + 800, 6}},
    };
    for (const std::size_t length : {0, 1, 2, 7, 64, 1400}) {
      all.push_back(
          {"TCP over IPv4", packet4(kProtoTcp, tcp(counting(length))), {kProtoTcp, kStart4, 16}});
      all.push_back(
          {"UDP over IPv4", packet4(kProtoUdp, udp(counting(length))), {kProtoUdp, kStart4, 6}});
      all.push_back(
          {"TCP over IPv6", packet6(kProtoTcp, tcp(counting(length))), {kProtoTcp, kStart6, 16}});
      all.push_back(
          {"UDP over IPv6", packet6(kProtoUdp, udp(counting(length))), {kProtoUdp, kStart6, 6}});
    }
    return all;
  }
};

TEST_F(ChecksumOffloadTest, CompletesPartialChecksums) {
  for (const PartialCase& c : cases()) {
    SCOPED_TRACE(testing::Message() << c.description << ", " << c.frame.size() << " bytes");
    expect_sent(kBlueA, with(c, Checksum::kPartial), kBlueB,
                forwarded(with(c, Checksum::kRight), kBlueB));
  }
}

TEST_F(ChecksumOffloadTest, LeavesTheSendersOwnChecksumAloneRightOrWrong) {
  for (const PartialCase& c : cases()) {
    SCOPED_TRACE(testing::Message() << c.description << ", " << c.frame.size() << " bytes");
    expect_forwarded(kBlueA, with(c, Checksum::kRight), kBlueB);
    expect_forwarded(kBlueA, with(c, Checksum::kWrong), kBlueB);
    expect_forwarded(kBlueA, with(c, Checksum::kNone), kBlueB);
  }
}

TEST_F(ChecksumOffloadTest, HandsThePartialChecksumToAPortThatCompletesIt) {
  net.port(kBlueB).offload_checksums(true);
  for (const PartialCase& c : cases()) {
    SCOPED_TRACE(testing::Message() << c.description << ", " << c.frame.size() << " bytes");
    const Bytes frame = with(c, Checksum::kPartial);
    send(kBlueA, frame);
    const auto sent = net.port(kBlueB).take_sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(hex(sent[0].bytes), hex(forwarded(frame, kBlueB)));
    EXPECT_EQ(sent[0].checksum_start, c.transport.start);
    EXPECT_EQ(sent[0].checksum_offset, c.transport.field);
  }
}

TEST_F(ChecksumOffloadTest, HandsNoNoteWithACompleteChecksum) {
  net.port(kBlueB).offload_checksums(true);
  for (const PartialCase& c : cases()) {
    send(kBlueA, with(c, Checksum::kRight));
    const auto sent = net.port(kBlueB).take_sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].checksum_start, 0u);
    EXPECT_EQ(sent[0].checksum_offset, 0u);
  }
}

TEST_F(ChecksumOffloadTest, LeavesEverythingAloneFromAPortWithoutPartialChecksums) {
  net.reconfigure(kBlueA, [](PortConfig& config) { config.partial_checksums = false; });
  for (const PartialCase& c : cases())
    expect_forwarded(kBlueA, with(c, Checksum::kPartial), kBlueB);
  expect_forwarded(kBlueA, packet4(kProtoSctp, sctp_without_checksum()), kBlueB);
}

TEST_F(ChecksumOffloadTest, WritesAUdpChecksumOfZeroAsAllOnes) {
  for (const bool is_ip6 : {false, true}) {
    const std::size_t start = is_ip6 ? kStart6 : kStart4;
    Bytes frame = is_ip6 ? packet6(kProtoUdp, udp({0, 0})) : packet4(kProtoUdp, udp({0, 0}));
    const Transport4or6 transport{kProtoUdp, start, 6};
    set_checksum(frame, transport, Checksum::kRight);
    // With the complement of everything else as its data the datagram adds up to 0xffff.
    store_be16(&frame[start + 8], load_be16(&frame[start + 6]));
    set_checksum(frame, transport, Checksum::kPartial);
    Bytes expected = forwarded(frame, kBlueB);
    store_be16(&expected[start + 6], 0xffff);
    expect_sent(kBlueA, frame, kBlueB, expected);
  }
}

TEST_F(ChecksumOffloadTest, KeepsACorrectChecksumThatLooksPartial) {
  Bytes frame = packet4(kProtoUdp, udp({0, 0}));
  const Transport4or6 transport{kProtoUdp, kStart4, 6};
  // The data makes header and data add up to the complement of twice the pseudo-header, so that the
  // right checksum happens to be the pseudo-header sum.
  const std::uint16_t pseudo = reference_sum(pseudo_header(frame, kProtoUdp, kStart4));
  set_checksum(frame, transport, Checksum::kRight);
  Bytes words(4);
  store_be16(&words[0], load_be16(&frame[kStart4 + 6]));
  store_be16(&words[2], static_cast<std::uint16_t>(0xffff - pseudo));
  store_be16(&frame[kStart4 + 8], reference_sum(words));
  set_checksum(frame, transport, Checksum::kRight);
  ASSERT_EQ(load_be16(&frame[kStart4 + 6]), pseudo);
  expect_forwarded(kBlueA, frame, kBlueB);
}

TEST_F(ChecksumOffloadTest, LeavesFragmentsAlone) {
  for (const std::uint16_t fragment : {0x2000, 0x2010, 0x0010}) {
    const PartialCase c{
        "", packet4(kProtoUdp, udp(counting(40)), {}, fragment), {kProtoUdp, kStart4, 6}};
    expect_forwarded(kBlueA, with(c, Checksum::kPartial), kBlueB);
    expect_forwarded(kBlueA, packet4(kProtoSctp, sctp_without_checksum(), {}, fragment), kBlueB);
  }
  const PartialCase c{"",
                      packet6(ip6::kFragment, join({{17, 0, 0, 1, 0, 0, 0, 7}, udp(counting(40))})),
                      {kProtoUdp, kStart6 + 8, 6}};
  expect_forwarded(kBlueA, with(c, Checksum::kPartial), kBlueB);
}

TEST_F(ChecksumOffloadTest, CompletesSctp) {
  expect_sent(kBlueA, packet4(kProtoSctp, sctp_without_checksum()), kBlueB,
              forwarded(packet4(kProtoSctp, kSctpInit), kBlueB));
  expect_sent(kBlueA, packet6(kProtoSctp, sctp_without_checksum()), kBlueB,
              forwarded(packet6(kProtoSctp, kSctpInit), kBlueB));
  expect_sent(
      kBlueA, packet6(ip6::kHopByHop, join({extension(kProtoSctp), sctp_without_checksum()})),
      kBlueB, forwarded(packet6(ip6::kHopByHop, join({extension(kProtoSctp), kSctpInit})), kBlueB));
}

TEST_F(ChecksumOffloadTest, CompletesSctpOfEveryLength) {
  for (std::size_t length = 12; length < 60; ++length) {
    Bytes packet = counting(length);
    std::memset(&packet[kSctpChecksum], 0, 4);
    const std::uint32_t crc = reference_crc32c(packet);
    Bytes completed = packet;
    for (std::uint32_t i = 0; i < 4; ++i)
      completed[kSctpChecksum + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    expect_sent(kBlueA, packet4(kProtoSctp, packet), kBlueB,
                forwarded(packet4(kProtoSctp, completed), kBlueB));
  }
}

TEST_F(ChecksumOffloadTest, LeavesTheSendersOwnSctpChecksumAlone) {
  Bytes wrong = kSctpInit;
  wrong[kSctpChecksum] ^= 1;
  expect_forwarded(kBlueA, packet4(kProtoSctp, kSctpInit), kBlueB);
  expect_forwarded(kBlueA, packet4(kProtoSctp, wrong), kBlueB);
}

TEST_F(ChecksumOffloadTest, LeavesTransportHeadersCutShortAlone) {
  for (std::size_t length = 0; length < 12; ++length) {
    const Bytes zeros(length);
    expect_forwarded(kBlueA, packet4(kProtoSctp, zeros), kBlueB);
    expect_forwarded(kBlueA, packet6(kProtoSctp, zeros), kBlueB);
    expect_forwarded(kBlueA, packet4(kProtoTcp, zeros), kBlueB);
    expect_forwarded(kBlueA, packet6(ip6::kHopByHop, zeros), kBlueB);
  }
}

TEST_F(ChecksumOffloadTest, StopsAtAnExtensionHeaderThatPointsBehindThePacket) {
  const Bytes too_long = {kProtoUdp, 255, 1, 4, 0, 0, 0, 0};
  expect_forwarded(kBlueA, packet6(ip6::kHopByHop, too_long), kBlueB);
  expect_forwarded(kBlueA, packet6(ip6::kHopByHop, join({too_long, udp({})})), kBlueB);
  // It ends exactly with the packet: nothing follows.
  expect_forwarded(kBlueA, packet6(ip6::kHopByHop, extension(kProtoUdp)), kBlueB);
}

TEST_F(ChecksumOffloadTest, ReadsNoMoreThanEightExtensionHeaders) {
  for (const std::size_t count : {8, 9}) {
    Bytes chain;
    for (std::size_t i = 1; i < count; ++i)
      chain = join({chain, extension(ip6::kDestinationOptions)});
    chain = join({chain, extension(kProtoUdp), udp(counting(3))});
    const PartialCase c{
        "", packet6(ip6::kDestinationOptions, chain), {kProtoUdp, kStart6 + count * 8, 6}};
    const Checksum expected = count > 8 ? Checksum::kPartial : Checksum::kRight;
    expect_sent(kBlueA, with(c, Checksum::kPartial), kBlueB, forwarded(with(c, expected), kBlueB));
  }
}

}  // namespace

}  // namespace millrace
