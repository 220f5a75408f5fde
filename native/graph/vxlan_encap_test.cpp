// What leaves for other VTEPs, byte for byte.
#include <set>

#include "graph/vxlan_fixture.hpp"

namespace millrace {

namespace {

class VxlanEncapTest : public VxlanTest {};

TEST_F(VxlanEncapTest, CarriesARoutedPacketToTheVtepOfTheNextHop) {
  const Bytes frame = udp4(kBlueA, kRemote4);
  const Bytes sent = sent_to_underlay(kBlueA, frame);
  EXPECT_EQ(hex(sent), hex(to_peer({}, sent, routed_to(kPeerMac, frame))));
  EXPECT_GE(load_be16(&sent[kEthernetLength + 20]), 49152);
  EXPECT_EQ(net.counters_of(kBluePort).get(kTxPackets), 1u);
}

TEST_F(VxlanEncapTest, GivesAFlowOneSourcePortAndFlowsManyOfThem) {
  std::set<std::uint16_t> ports;
  for (std::uint8_t flow = 0; flow < 64; ++flow) {
    const Ip4 destination = ip4_address(10, 99, 1, flow);
    const auto port_of = [&] {
      const Bytes sent = sent_to_underlay(kBlueA, udp4(kBlueA, destination));
      return load_be16(&sent[kEthernetLength + 20]);
    };
    const std::uint16_t port = port_of();
    EXPECT_EQ(port_of(), port);
    ports.insert(port);
  }
  EXPECT_GT(ports.size(), 56u);
}

TEST_F(VxlanEncapTest, CopiesDscpAndEcnOutward) {
  Bytes frame = udp4(kBlueA, kRemote4);
  frame[kEthernetLength + 1] = 0xb9;  // EF, ECT(1)
  Bytes packet(frame.begin() + kEthernetLength, frame.end());
  seal_ip4(packet);
  frame = frame_from(kBlueA, kEtherTypeIp4, packet);
  const Bytes sent = sent_to_underlay(kBlueA, frame);
  EXPECT_EQ(hex(sent), hex(to_peer({.tos = 0xb9}, sent, routed_to(kPeerMac, frame))));
  overlay.vtep.dscp = 10;
  EXPECT_EQ(sent_to_underlay(kBlueA, frame)[kEthernetLength + 1], 10 << 2 | 1);
}

TEST_F(VxlanEncapTest, PutsAChecksumIntoDatagramsOverIp6) {
  const Bytes frame = udp4(kBlueA, kRemoteBehind6);
  const Bytes sent = sent_to_underlay(kBlueA, frame);
  ASSERT_EQ(sent.size(), 70 + frame.size());
  EXPECT_EQ(load_be16(&sent[12]), kEtherTypeIp6);
  EXPECT_EQ(hex(std::span(sent).subspan(70)), hex(routed_to(kPeer6Mac, frame)));
  Bytes whole = pseudo_header(sent, kProtoUdp, kEthernetLength + ip6::kHeader);
  whole.insert(whole.end(), sent.begin() + kEthernetLength + ip6::kHeader, sent.end());
  EXPECT_EQ(reference_sum(whole), 0xffff);
  EXPECT_NE(load_be16(&sent[kEthernetLength + ip6::kHeader + 6]), 0);
}

TEST_F(VxlanEncapTest, LeavesTheChecksumOutWhereItIsToldTo) {
  overlay.vtep.udp_checksum = UdpChecksum::kNever;
  const Bytes sent = sent_to_underlay(kBlueA, udp4(kBlueA, kRemoteBehind6));
  EXPECT_EQ(load_be16(&sent[kEthernetLength + ip6::kHeader + 6]), 0);
}

TEST_F(VxlanEncapTest, CompletesTheChecksumThatThePodHasLeftToItsDevice) {
  Bytes frame = udp4(kBlueA, kRemote4);
  const Bytes right = frame;
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kPartial);
  const Bytes sent = sent_to_underlay(kBlueA, frame);
  EXPECT_EQ(hex(std::span(sent).subspan(50)), hex(routed_to(kPeerMac, right)));
}

TEST_F(VxlanEncapTest, TellsThePodHowLongAPacketThePathToThePeerTakes) {
  net.vxlan.publish_peer(overlay.peer, {IpAddress::of(kPeer4), 1400});
  const Bytes fits = udp4(kBlueA, kRemote4, 1400 - 50 - 28);
  EXPECT_EQ(sent_to_underlay(kBlueA, fits).size(), kEthernetLength + 1400u);
  const Bytes long_one = udp4(kBlueA, kRemote4, 1400 - 50 - 28 + 1);
  send(kBlueA, long_one);
  const std::vector<Bytes> answers = received_by(kBlueA);
  ASSERT_EQ(answers.size(), 1u);
  const std::uint8_t* icmp = &answers[0][kEthernetLength + ip4::kMinHeader];
  EXPECT_EQ(icmp[0], icmp4::kUnreachable);
  EXPECT_EQ(icmp[1], icmp4::kCodeFragNeeded);
  EXPECT_EQ(load_be16(icmp + 6), 1350);
  EXPECT_EQ(net.counters_of(kBlueA).drops(DropReason::kMtuExceeded), 1u);
}

TEST_F(VxlanEncapTest, DropsWhatIsBehindNoVtep) {
  overlay.blue_fdb.remove_static(0, kPeerMac);
  EXPECT_EQ(reason_for(kBlueA, udp4(kBlueA, kRemote4)), DropReason::kVxlanNoPeer);
}

TEST_F(VxlanEncapTest, DropsWhatTheUnderlayHasNoRouteFor) {
  std::uint8_t prefix[4];
  store_be32(prefix, ip4_address(192, 0, 2, 0));
  net.red.fib4.erase(prefix, 24);
  EXPECT_EQ(reason_for(kBlueA, udp4(kBlueA, kRemote4)), DropReason::kNoRoute);
}

TEST_F(VxlanEncapTest, WaitsForTheNextHopOfTheUnderlayAndThenSends) {
  const Adjacency known = net.adjacencies[overlay.way];
  Adjacency unresolved = known;
  unresolved.kind = AdjacencyKind::kUnresolved;
  unresolved.next_hop = IpAddress::of(kPeer4).bytes;
  net.adjacencies.publish(overlay.way, unresolved);
  const Bytes frame = udp4(kBlueA, kRemote4);
  send(kBlueA, frame);
  EXPECT_TRUE(received_by(kRedC).empty());
  ASSERT_EQ(net.graph.pending.size(), 1u);
  net.adjacencies.publish(overlay.way, known);
  now_ns += kSecondNs;
  net.graph.retry_pending();
  const std::vector<Bytes> sent = received_by(kRedC);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(hex(sent[0]), hex(to_peer({}, sent[0], routed_to(kPeerMac, frame))));
}

TEST_F(VxlanEncapTest, GivesUpWhenTheNextHopOfTheUnderlayIsNotFound) {
  Adjacency unresolved = net.adjacencies[overlay.way];
  unresolved.kind = AdjacencyKind::kUnresolved;
  net.adjacencies.publish(overlay.way, unresolved);
  send(kBlueA, udp4(kBlueA, kRemote4));
  now_ns += 10 * kSecondNs;
  net.graph.retry_pending();
  EXPECT_EQ(drops_at(kVtepPort, DropReason::kNeighbourUnresolved), 1u);
}

}  // namespace

}  // namespace millrace
