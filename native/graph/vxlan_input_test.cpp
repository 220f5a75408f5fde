// What comes from other VTEPs, and what must not come in.
#include "graph/ecn.hpp"
#include "graph/vxlan_fixture.hpp"

namespace millrace {

namespace {

class VxlanInputTest : public VxlanTest {
 protected:
  // A packet for kBlueA from behind the peer, as the peer's router sends it.
  static Bytes inner(Ip4 source = kRemote4, const Mac& to = kBlueMac) {
    Bytes frame =
        ethernet(to, kPeerMac, kEtherTypeIp4,
                 ip4_packet({.source = source, .destination = kBlueA.ip4}, udp(counting(20))));
    set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kRight);
    return frame;
  }
};

TEST_F(VxlanInputTest, RoutesAnInnerPacketToItsPod) {
  expect_sent(kRedC, from_peer({}, inner()), kBlueA, forwarded(inner(), kBlueA));
  EXPECT_EQ(net.counters_of(kBluePort).get(kRxPackets), 1u);
}

TEST_F(VxlanInputTest, AnswersAnEchoToTheGatewayThroughTheTunnel) {
  const Bytes request = ethernet(
      kBlueMac, kPeerMac, kEtherTypeIp4,
      ip4_packet({.source = kRemote4, .destination = kBlueGateway4, .protocol = kProtoIcmp},
                 icmp4_message(icmp4::kEchoRequest, 0, 7, counting(8))));
  const Bytes sent = sent_to_underlay(kRedC, from_peer({}, request));
  ASSERT_EQ(sent.size(), 50 + request.size());
  EXPECT_EQ(load_be32(&sent[kEthernetLength + ip4::kDestination]), kPeer4);
  EXPECT_TRUE(equals(&sent[50], kPeerMac));
  EXPECT_TRUE(equals(&sent[56], kBlueMac));
  EXPECT_EQ(sent[50 + kEthernetLength + ip4::kMinHeader], icmp4::kEchoReply);
}

TEST_F(VxlanInputTest, TakesACongestionMarkInside) {
  Bytes marked = inner();
  marked[kEthernetLength + 1] = kEct0;
  Bytes packet(marked.begin() + kEthernetLength, marked.end());
  seal_ip4(packet);
  marked = ethernet(kBlueMac, kPeerMac, kEtherTypeIp4, packet);
  packet[1] = kCongestion;
  seal_ip4(packet);
  const Bytes expected = ethernet(kBlueMac, kPeerMac, kEtherTypeIp4, packet);
  expect_sent(kRedC, from_peer({.tos = kCongestion}, marked), kBlueA, forwarded(expected, kBlueA));
}

TEST_F(VxlanInputTest, RefusesWhatIsMalformedOrFromNobodyItKnows) {
  const auto cut = [](const Bytes& frame, std::size_t length) {
    Bytes packet(frame.begin() + kEthernetLength, frame.begin() + kEthernetLength + length);
    store_be16(&packet[ip4::kTotalLength], static_cast<std::uint16_t>(length));
    if (length >= 26) store_be16(&packet[24], static_cast<std::uint16_t>(length - 20));
    seal_ip4(packet);
    return ethernet(kRedC.gateway_mac, kRedC.mac, kEtherTypeIp4, packet);
  };
  const Bytes good = from_peer({}, inner());
  using enum DropReason;
  expect_refused_inside("no I flag", from_peer({.flags = 0}, inner()), kVxlanMalformed);
  expect_refused_inside("cut in the VXLAN header", cut(good, 34), kVxlanMalformed);
  expect_refused_inside("cut in the inner Ethernet header", cut(good, 44), kVxlanMalformed);
  expect_refused_inside("UDP longer than IP", from_peer({.length_error = 1}, inner()),
                        kVxlanMalformed);
  expect_refused_inside("UDP shorter than the headers", from_peer({.length_error = -60}, inner()),
                        kVxlanMalformed);
  expect_refused_inside("wrong checksum", from_peer({.udp_checksum = 0x1234}, inner()),
                        kVxlanChecksum);
  expect_refused_inside("unknown VNI", from_peer({.vni = 101}, inner()), kVxlanUnknownVni);
  expect_refused_inside("unknown VTEP", from_peer({.source = ip4_address(192, 0, 2, 9)}, inner()),
                        kVxlanUnknownPeer);
  expect_refused_inside("inner VLAN", from_peer({}, tagged(inner(), 5)), kVxlanInnerVlan);
  expect_refused_inside("a mark that the sender does not understand",
                        from_peer({.tos = kCongestion}, inner()), kVxlanEcn);
  expect_refused_inside("another router's MAC", from_peer({}, inner(kRemote4, kStranger)),
                        kNotForUs);
  expect_refused_inside("the address of a pod of ours", from_peer({}, inner(kBlueB.ip4)),
                        kSourceAddress);
}

TEST_F(VxlanInputTest, RefusesVxlanInsideVxlanUnlessItIsAllowed) {
  Bytes nested = ethernet(kBlueMac, kPeerMac, kEtherTypeIp4,
                          outer4({.source = kRemote4, .destination = kBlueA.ip4}, 50000, inner()));
  expect_refused_inside("nested", from_peer({}, nested), DropReason::kVxlanNested);
  overlay.vtep.nested = true;
  expect_sent(kRedC, from_peer({}, nested), kBlueA, forwarded(nested, kBlueA));
}

TEST_F(VxlanInputTest, AcceptsARightChecksumAndNone) {
  Bytes frame = from_peer({}, inner());
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kRight);
  expect_sent(kRedC, frame, kBlueA, forwarded(inner(), kBlueA));
}

// As Linux sends it over veth: the outer checksum is right once somebody completes the inner one.
TEST_F(VxlanInputTest, AcceptsAChecksumThatCountsOnTheInnerOneBeingCompleted) {
  Bytes frame = from_peer({}, inner());
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kRight);
  const std::uint16_t outer = load_be16(&frame[kEthernetLength + 26]);
  Bytes left = inner();
  set_checksum(left, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kPartial);
  expect_sent(kRedC, from_peer({.udp_checksum = outer}, left), kBlueA, forwarded(inner(), kBlueA));
  left.back() ^= 1;  // of the data: nobody has summed it yet
  send(kRedC, from_peer({.udp_checksum = outer}, left));
  EXPECT_EQ(received_by(kBlueA).size(), 1u);
  left[kEthernetLength] ^= 1;
  expect_refused_inside("a header that differs", from_peer({.udp_checksum = outer}, left),
                        DropReason::kVxlanChecksum);
}

// Summing what is inside may not read past it: it may end in the first of several frames.
TEST_F(VxlanInputTest, RefusesAWrongChecksumAroundAShortPacketInALongOne) {
  net.port(kRedC).split_at(1793);
  for (const std::uint8_t protocol : {kProtoSctp, kProtoUdp, kProtoTcp}) {
    const Ip4Fields four{.source = kRemote4, .destination = kBlueA.ip4, .protocol = protocol};
    Bytes short4 = ethernet(kBlueMac, kPeerMac, kEtherTypeIp4, ip4_packet(four, {}));
    short4.resize(3000);
    expect_refused_inside("IPv4", from_peer({.udp_checksum = 0x1234}, short4),
                          DropReason::kVxlanChecksum);
    const Ip6Fields six{.source = kRedC.ip6, .destination = kBlueA.ip6, .next = protocol};
    Bytes short6 =
        ethernet(kBlueMac, kPeerMac, kEtherTypeIp6, ip6_packet(six, join({extension(protocol)})));
    short6.resize(3000);
    expect_refused_inside("IPv6", from_peer({.udp_checksum = 0x1234}, short6),
                          DropReason::kVxlanChecksum);
  }
}

TEST_F(VxlanInputTest, IgnoresReservedBitsAndPaddingBehindTheDatagram) {
  Bytes frame = from_peer({.flags = 0xff}, inner());
  frame.resize(frame.size() + 6);
  expect_sent(kRedC, frame, kBlueA, forwarded(inner(), kBlueA));
}

// Whatever a pod sends to the VTEP is its own packet in its own network.
TEST_F(VxlanInputTest, TakesNoTunnelFromAPod) {
  const Bytes crafted = frame_from(
      kBlueA, kEtherTypeIp4,
      outer4({.source = kBlueA.ip4, .destination = kVtep4, .vni = kGreenVni}, 50000, inner()));
  EXPECT_EQ(reason_for(kBlueA, crafted), DropReason::kNoRoute);
  received_by(kBlueA);
  EXPECT_EQ(net.counters_of(kGreenPort).get(kRxPackets), 0u);
}

}  // namespace

}  // namespace millrace
