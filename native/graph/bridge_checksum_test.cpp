// Checksums that a local sender has left to the device, behind whatever tags there are.
#include "graph/bridge_fixture.hpp"

namespace millrace {

namespace {

constexpr Transport4or6 kUdp4{kProtoUdp, kEthernetLength + ip4::kMinHeader, 6};
constexpr Transport4or6 kTcp6{kProtoTcp, kEthernetLength + ip6::kHeader, 16};

Bytes udp4_with(Checksum kind) {
  Bytes frame = l2_udp(kGreenB.mac, kGreenA, 33);
  set_checksum(frame, kUdp4, kind);
  return frame;
}
Bytes tcp6_with(Checksum kind) {
  Bytes frame =
      ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeIp6,
               ip6_packet({.source = kGreenA.ip6, .destination = kGreenB.ip6, .next = kProtoTcp},
                          tcp(counting(21))));
  set_checksum(frame, kTcp6, kind);
  return frame;
}

class BridgeChecksumTest : public BridgeTest {};

TEST_F(BridgeChecksumTest, CompletesWhatIsLeftToTheDevice) {
  expect_delivered(kGreenA, udp4_with(Checksum::kPartial),
                   {{kGreenB, udp4_with(Checksum::kRight)}});
  expect_delivered(kGreenA, tcp6_with(Checksum::kPartial),
                   {{kGreenB, tcp6_with(Checksum::kRight)}});
}

TEST_F(BridgeChecksumTest, LeavesEveryOtherChecksumAlone) {
  for (const Checksum kind : {Checksum::kRight, Checksum::kWrong, Checksum::kNone}) {
    expect_delivered(kGreenA, udp4_with(kind), {{kGreenB, udp4_with(kind)}});
    expect_delivered(kGreenA, tcp6_with(kind), {{kGreenB, tcp6_with(kind)}});
  }
}

TEST_F(BridgeChecksumTest, CompletesNothingFromAPortWhoseSendersDoItThemselves) {
  net.reconfigure(kGreenA, [](PortConfig& config) { config.partial_checksums = false; });
  const Bytes frame = udp4_with(Checksum::kPartial);
  expect_delivered(kGreenA, frame, {{kGreenB, frame}});
}

TEST_F(BridgeChecksumTest, FindsThePacketBehindTagsThatPass) {
  for (const std::uint16_t tpid : {kEtherTypeVlan, kEtherTypeQinQ}) {
    expect_delivered(kGreenA, tagged(tagged(udp4_with(Checksum::kPartial), 5), 6, tpid),
                     {{kGreenB, tagged(tagged(udp4_with(Checksum::kRight), 5), 6, tpid)}});
    expect_delivered(kGreenA, tagged(tcp6_with(Checksum::kPartial), 6, tpid),
                     {{kGreenB, tagged(tcp6_with(Checksum::kRight), 6, tpid)}});
  }
}

TEST_F(BridgeChecksumTest, MovesThePlaceOfTheChecksumWithTheTag) {
  make_access(kGreenA, 10);
  make_trunk(kGreenB, {10});
  expect_delivered(kGreenA, udp4_with(Checksum::kPartial),
                   {{kGreenB, tagged(udp4_with(Checksum::kRight), 10)}});
  make_trunk(kGreenA, {10});
  make_access(kGreenB, 10);
  expect_delivered(kGreenA, tagged(tcp6_with(Checksum::kPartial), 10),
                   {{kGreenB, tcp6_with(Checksum::kRight)}});
}

TEST_F(BridgeChecksumTest, TellsThePlaceToAPortThatCompletesItself) {
  make_access(kGreenA, 10);
  make_trunk(kGreenB, {10});
  net.port(kGreenB).offload_checksums(true);
  send(kGreenA, udp4_with(Checksum::kPartial));
  const auto sent = net.port(kGreenB).take_sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].checksum_start, kUdp4.start + 4);
  EXPECT_EQ(sent[0].checksum_offset, 6);
}

TEST_F(BridgeChecksumTest, CutsPaddingOnlyOffWhatItCompletes) {
  const Bytes padding(7, 0xee);
  expect_delivered(kGreenA, join({udp4_with(Checksum::kPartial), padding}),
                   {{kGreenB, udp4_with(Checksum::kRight)}});
  const Bytes complete = join({udp4_with(Checksum::kRight), padding});
  expect_delivered(kGreenA, complete, {{kGreenB, complete}});
}

TEST_F(BridgeChecksumTest, PassesBrokenPacketsAsTheyAre) {
  net.reconfigure(kGreenA, [](PortConfig& config) { config.has_ip4 = config.has_ip6 = false; });
  for (const Bytes& frame : {udp4_with(Checksum::kPartial), tcp6_with(Checksum::kPartial),
                             tagged(udp4_with(Checksum::kPartial), 5)})
    for (std::ptrdiff_t length = kEthernetLength;
         length < static_cast<std::ptrdiff_t>(frame.size()); ++length) {
      const Bytes cut(frame.begin(), frame.begin() + length);
      expect_delivered(kGreenA, cut, {{kGreenB, cut}});
    }
  Bytes header = udp4_with(Checksum::kPartial);
  header[kEthernetLength] = 0x4f;
  expect_delivered(kGreenA, header, {{kGreenB, header}});
  header[kEthernetLength] = 0x44;
  expect_delivered(kGreenA, header, {{kGreenB, header}});
}

}  // namespace

}  // namespace millrace
