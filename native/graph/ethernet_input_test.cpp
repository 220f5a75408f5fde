#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Mac kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr Mac kMulticast4{{0x01, 0x00, 0x5e, 0, 0, 1}};
constexpr Mac kMulticast6{{0x33, 0x33, 0, 0, 0, 1}};

class EthernetInputTest : public GraphTest {
 protected:
  static Bytes with_macs(Bytes frame, const Mac& destination, const Mac& source) {
    std::memcpy(&frame[0], destination.bytes.data(), 6);
    std::memcpy(&frame[6], source.bytes.data(), 6);
    return frame;
  }
  static Bytes tagged(const Bytes& frame, std::uint16_t type) {
    Bytes tag(4);
    store_be16(&tag[0], type);
    store_be16(&tag[2], 7);
    const auto at = frame.begin() + 12;
    return join({{frame.begin(), at}, tag, {at, frame.end()}});
  }
};

TEST_F(EthernetInputTest, DropsRuntsOfEveryLength) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  for (std::ptrdiff_t length = 0; length < kEthernetLength; ++length)
    expect_dropped(kBlueA, {frame.begin(), frame.begin() + length}, DropReason::kRunt);
}

TEST_F(EthernetInputTest, DropsFramesFromAnotherMac) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  expect_all_dropped(
      kBlueA,
      {{"another pod", with_macs(frame, kBlueA.gateway_mac, kBlueB.mac), DropReason::kSourceMac},
       {"the gateway", with_macs(frame, kBlueA.gateway_mac, kBlueA.gateway_mac),
        DropReason::kSourceMac},
       {"a multicast source", with_macs(frame, kBlueA.gateway_mac, kBroadcast),
        DropReason::kSourceMac},
       {"all zeros", with_macs(frame, kBlueA.gateway_mac, {}), DropReason::kSourceMac},
       {"source before destination", with_macs(frame, kBlueB.mac, kBlueB.mac),
        DropReason::kSourceMac}});
}

TEST_F(EthernetInputTest, DropsFramesToAnotherMac) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  expect_all_dropped(
      kBlueA, {{"the other pod", with_macs(frame, kBlueB.mac, kBlueA.mac), DropReason::kNotForUs},
               {"the other gateway port", with_macs(frame, kBlueB.gateway_mac, kBlueA.mac),
                DropReason::kNotForUs},
               {"itself", with_macs(frame, kBlueA.mac, kBlueA.mac), DropReason::kNotForUs}});
}

TEST_F(EthernetInputTest, DropsTaggedFrames) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  const Bytes once = tagged(frame, kEtherTypeVlan);
  expect_all_dropped(
      kBlueA,
      {{"VLAN", once, DropReason::kVlanUnexpected},
       {"service tag alone", tagged(frame, kEtherTypeQinQ), DropReason::kVlanUnexpected},
       {"QinQ", tagged(once, kEtherTypeQinQ), DropReason::kVlanUnexpected},
       {"VLAN in VLAN", tagged(once, kEtherTypeVlan), DropReason::kVlanUnexpected},
       {"priority tag without the rest",
        {once.begin(), once.begin() + 14},
        DropReason::kVlanUnexpected},
       {"broadcast", with_macs(once, kBroadcast, kBlueA.mac), DropReason::kVlanUnexpected}});
}

TEST_F(EthernetInputTest, DropsOtherEtherTypes) {
  for (const std::uint16_t type :
       {0x0000, 0x002e, 0x05dc, 0x0801, 0x8035, 0x8847, 0x8863, 0x88b5, 0x88cc, 0x88e5, 0xffff}) {
    SCOPED_TRACE(type);
    expect_dropped(kBlueA, frame_from(kBlueA, type, counting(46)), DropReason::kEtherTypeUnknown);
  }
}

TEST_F(EthernetInputTest, NeverRoutesALinkLayerMulticast) {
  const Bytes packet4 = udp4(kBlueA, kBlueB.ip4);
  const Bytes packet6 = udp6(kBlueA, kBlueB.ip6);
  expect_all_dropped(
      kBlueA, {{"IPv4 unicast in a broadcast", with_macs(packet4, kBroadcast, kBlueA.mac),
                DropReason::kMulticast},
               {"IPv4 unicast in a multicast", with_macs(packet4, kMulticast4, kBlueA.mac),
                DropReason::kMulticast},
               {"IPv4 multicast",
                with_macs(udp4(kBlueA, ip4_address(224, 0, 0, 251)), kMulticast4, kBlueA.mac),
                DropReason::kMulticast},
               {"IPv4 limited broadcast",
                with_macs(udp4(kBlueA, ip4_address(255, 255, 255, 255)), kBroadcast, kBlueA.mac),
                DropReason::kMulticast},
               {"IPv6 unicast in a broadcast", with_macs(packet6, kBroadcast, kBlueA.mac),
                DropReason::kMulticast},
               {"IPv6 unicast in a multicast", with_macs(packet6, kMulticast6, kBlueA.mac),
                DropReason::kMulticast},
               {"IPv6 multicast",
                with_macs(udp6(kBlueA, ip6_address({0xff02, 0, 0, 0, 0, 0, 0, 0xfb})), kMulticast6,
                          kBlueA.mac),
                DropReason::kMulticast}});
}

TEST_F(EthernetInputTest, CountsPacketsAndBytesReceived) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  send(kBlueA, frame);
  send(kBlueA, counting(5));
  EXPECT_EQ(net.counters_of(kBlueA).get(kRxPackets), 2u);
  EXPECT_EQ(net.counters_of(kBlueA).get(kRxBytes), frame.size() + 5);
  EXPECT_EQ(net.counters_of(kBlueB).get(kTxPackets), 1u);
  EXPECT_EQ(net.counters_of(kBlueB).get(kTxBytes), frame.size());
  EXPECT_EQ(received_by(kBlueB).size(), 1u);
}

}  // namespace

}  // namespace millrace
