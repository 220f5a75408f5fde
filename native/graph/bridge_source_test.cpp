// A and B may only send with their own addresses; C and the uplink as whoever they want.
#include "graph/bridge_fixture.hpp"
#include "graph/bridge_frame.hpp"

namespace millrace {

namespace {

constexpr Ip6 kLinkLocal = ip6_address({0xfe80, 0, 0, 0, 0, 0, 0, 0xa});
constexpr Ip6 kAllNodes = ip6_address({0xff02, 0, 0, 0, 0, 0, 0, 1});
constexpr std::uint8_t kTargetOption = icmp6::kOptionTargetLinkLayer;
constexpr std::uint8_t kSourceOption = icmp6::kOptionSourceLinkLayer;
constexpr std::uint8_t kRouterSolicitation = 133, kRouterAdvertisement = 134, kRedirect = 137;

Bytes arp(std::uint16_t operation, const Mac& sender_mac, Ip4 sender) {
  Bytes packet = {0, 1, 8, 0, 6, 4};
  packet.resize(28);
  store_be16(&packet[6], operation);
  std::memcpy(&packet[8], sender_mac.bytes.data(), 6);
  store_be32(&packet[14], sender);
  store_be32(&packet[24], kGreenB.ip4);
  return ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeArp, packet);
}

Bytes ip4_from(Ip4 source) {
  return ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeIp4,
                  ip4_packet({.source = source, .destination = kGreenB.ip4}, udp({})));
}
Bytes dhcp_request(Ip4 source, Ip4 destination, std::uint16_t port) {
  Bytes datagram = udp(Bytes(240));
  store_be16(&datagram[0], 68);
  store_be16(&datagram[2], port);
  return ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeIp4,
                  ip4_packet({.source = source, .destination = destination}, datagram));
}
Bytes ip6_from(const Ip6& source, const Ip6& destination = kGreenB.ip6) {
  return ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeIp6,
                  ip6_packet({.source = source, .destination = destination}, udp({})));
}
Bytes option(std::uint8_t type, const Mac& mac) {
  return join({{type, 1}, {mac.bytes.begin(), mac.bytes.end()}});
}
Bytes nd(std::uint8_t type, const Ip6& target, const Bytes& rest, const Bytes& before = {}) {
  const Bytes body = type == kRouterSolicitation    ? Bytes{}
                     : type == kRouterAdvertisement ? Bytes(8)
                     : type == kRedirect            ? Bytes(32)
                                         : Bytes(target.bytes.begin(), target.bytes.end());
  Bytes frame =
      ethernet(kGreenB.mac, kGreenA.mac, kEtherTypeIp6,
               ip6_packet({.source = kGreenA.ip6,
                           .destination = kGreenB.ip6,
                           .next = before.empty() ? kProtoIcmp6 : ip6::kDestinationOptions,
                           .hop_limit = 255},
                          join({before, icmp_message(type, 0, 0, join({body, rest}))})));
  if (before.empty()) seal_icmp6(frame);
  return frame;
}
Bytes advertisement(const Ip6& target, const Mac& mac) {
  return nd(icmp6::kNeighborAdvertisement, target, option(kTargetOption, mac));
}

class BridgeSourceTest : public BridgeTest {
 protected:
  void expect_passed(const std::vector<Bytes>& frames) {
    for (const Bytes& frame : frames) expect_delivered(kGreenA, frame, {{kGreenB, frame}});
  }
};

TEST_F(BridgeSourceTest, PassesThePodsOwnAddresses) {
  expect_passed({arp(1, kGreenA.mac, kGreenA.ip4), arp(2, kGreenA.mac, kGreenA.ip4),
                 arp(1, kGreenA.mac, 0), ip4_from(kGreenA.ip4), ip6_from(kGreenA.ip6),
                 ip6_from(kLinkLocal), ip6_from({}, kAllNodes),
                 advertisement(kGreenA.ip6, kGreenA.mac), advertisement(kLinkLocal, kGreenA.mac),
                 nd(icmp6::kNeighborSolicitation, kGreenB.ip6, option(kSourceOption, kGreenA.mac)),
                 nd(kRouterSolicitation, {}, {}), l2_frame(kGreenB.mac, kGreenA.mac)});
}

TEST_F(BridgeSourceTest, PassesWhatADhcpClientAsksWithoutAnAddressAndNothingLikeIt) {
  constexpr Ip4 kBroadcast = 0xffffffff;
  expect_passed({dhcp_request(0, kBroadcast, 67)});
  constexpr DropReason kSpoofed = DropReason::kSourceAddress;
  Bytes cut_short = dhcp_request(0, kBroadcast, 67);
  cut_short.resize(kEthernetLength + ip4::kMinHeader + 2);
  Bytes fragment = dhcp_request(0, kBroadcast, 67);
  store_be16(&fragment[kEthernetLength + ip4::kFragment], 1);
  expect_all_dropped(kGreenA,
                     {{"to one host", dhcp_request(0, kGreenB.ip4, 67), kSpoofed},
                      {"to another port", dhcp_request(0, kBroadcast, 68), kSpoofed},
                      {"from another", dhcp_request(kGreenB.ip4, kBroadcast, 67), kSpoofed},
                      {"fragment", fragment, kSpoofed},
                      {"cut short", cut_short, kSpoofed}});
}

TEST_F(BridgeSourceTest, DropsAnotherSourceMac) {
  expect_dropped(kGreenA, l2_frame(kGreenB.mac, kStranger), DropReason::kSourceMac);
  expect_dropped(kGreenA, l2_frame(kGreenA.mac, kGreenB.mac), DropReason::kSourceMac);
}

TEST_F(BridgeSourceTest, DropsSpoofedAddresses) {
  constexpr DropReason kSpoofed = DropReason::kSourceAddress;
  expect_all_dropped(
      kGreenA,
      {{"IPv4", ip4_from(kGreenB.ip4), kSpoofed},
       {"IPv4 0.0.0.0", ip4_from(0), kSpoofed},
       {"IPv6", ip6_from(kGreenB.ip6), kSpoofed},
       {"IPv6 :: to a host", ip6_from({}), kSpoofed},
       {"ARP sender", arp(1, kGreenA.mac, kGreenB.ip4), kSpoofed},
       {"ARP sender MAC", arp(2, kGreenB.mac, kGreenA.ip4), kSpoofed},
       {"ARP reply from 0", arp(2, kGreenA.mac, 0), kSpoofed},
       {"NA target", advertisement(kGreenB.ip6, kGreenA.mac), kSpoofed},
       {"NA link layer", advertisement(kGreenA.ip6, kGreenB.mac), kSpoofed},
       {"NS link layer",
        nd(icmp6::kNeighborSolicitation, kGreenB.ip6, option(kSourceOption, kGreenB.mac)),
        kSpoofed},
       {"RS link layer", nd(kRouterSolicitation, {}, option(kSourceOption, kGreenB.mac)), kSpoofed},
       {"RA link layer", nd(kRouterAdvertisement, {}, option(kSourceOption, kGreenB.mac)),
        kSpoofed},
       {"redirect to another", nd(kRedirect, {}, option(kTargetOption, kGreenB.mac)), kSpoofed},
       {"second option",
        nd(icmp6::kNeighborAdvertisement, kGreenA.ip6,
           join({option(kTargetOption, kGreenA.mac), option(kTargetOption, kGreenB.mac)})),
        kSpoofed}});
}

TEST_F(BridgeSourceTest, FindsDiscoveryBehindExtensionHeaders) {
  const Bytes spoofed = option(kTargetOption, kGreenB.mac);
  Bytes chain;
  for (int i = 0; i < 8; ++i) {
    expect_dropped(kGreenA,
                   nd(icmp6::kNeighborAdvertisement, kGreenA.ip6, spoofed,
                      join({chain, extension(kProtoIcmp6)})),
                   DropReason::kSourceAddress);
    chain = join({chain, extension(ip6::kDestinationOptions)});
  }
  expect_dropped(kGreenA,
                 nd(icmp6::kNeighborAdvertisement, kGreenA.ip6, spoofed,
                    join({chain, extension(kProtoIcmp6)})),
                 DropReason::kIp6Malformed);
}

TEST_F(BridgeSourceTest, SeesThroughPriorityTags) {
  Bytes frame = ip4_from(kGreenB.ip4);
  for (int depth = 0; depth < kMaxTags; ++depth) {
    frame = tagged(frame, 0, depth % 2 == 0 ? kEtherTypeVlan : kEtherTypeQinQ);
    expect_dropped(kGreenA, frame, DropReason::kSourceAddress);
  }
  expect_dropped(kGreenA, tagged(frame, 0), DropReason::kVlanUnexpected);
  const Bytes own = tagged(ip4_from(kGreenA.ip4), 0);
  expect_delivered(kGreenA, own, {{kGreenB, own}});
}

TEST_F(BridgeSourceTest, ChecksTheAddressesBehindTheTagOfATrunk) {
  make_trunk(kGreenA, {10});
  make_trunk(kGreenB, {10});
  const Bytes own = tagged(ip4_from(kGreenA.ip4), 10);
  expect_delivered(kGreenA, own, {{kGreenB, own}});
  expect_dropped(kGreenA, tagged(ip4_from(kGreenB.ip4), 10), DropReason::kSourceAddress);
  expect_dropped(kGreenA, tagged(arp(1, kGreenA.mac, kGreenB.ip4), 10), DropReason::kSourceAddress);
}

TEST_F(BridgeSourceTest, ChecksNoAddressesOfAPodThatHasNone) {
  net.reconfigure(kGreenA, [](PortConfig& config) { config.has_ip4 = config.has_ip6 = false; });
  expect_passed({ip4_from(kGreenB.ip4), ip6_from(kGreenB.ip6), arp(2, kGreenB.mac, kGreenB.ip4)});
  expect_dropped(kGreenA, l2_frame(kGreenB.mac, kStranger), DropReason::kSourceMac);
}

TEST_F(BridgeSourceTest, RefusesTheOtherFamilyOfAPodWithOneFamily) {
  net.reconfigure(kGreenA, [](PortConfig& config) {
    config.has_ip4 = false;
    config.peer_ip4 = 0;
  });
  expect_dropped(kGreenA, ip4_from(0), DropReason::kSourceAddress);
  expect_dropped(kGreenA, arp(2, kGreenA.mac, 0), DropReason::kSourceAddress);
  expect_passed({ip6_from(kGreenA.ip6)});
}

TEST_F(BridgeSourceTest, PassesAnyAddressWithoutSpoofCheck) {
  net.reconfigure(kGreenA, [](PortConfig& config) { config.spoof_check = false; });
  expect_passed({ip4_from(kGreenB.ip4), ip6_from(kGreenB.ip6), arp(2, kGreenB.mac, kGreenB.ip4)});
  const Bytes stranger = l2_frame(kGreenB.mac, kStranger);
  expect_passed({stranger});
}

TEST_F(BridgeSourceTest, LetsNothingThroughThatIsCutShort) {
  const std::vector<Bytes> frames = {
      arp(2, kGreenA.mac, kGreenB.ip4),
      ip4_from(kGreenB.ip4),
      ip6_from(kGreenB.ip6),
      advertisement(kGreenB.ip6, kGreenB.mac),
      tagged(ip4_from(kGreenB.ip4), 0),
      nd(icmp6::kNeighborAdvertisement, kGreenB.ip6, {}, extension(kProtoIcmp6))};
  for (const Bytes& frame : frames)
    for (std::ptrdiff_t length = 0; length < static_cast<std::ptrdiff_t>(frame.size()); ++length) {
      SCOPED_TRACE(length);
      const Bytes cut(frame.begin(), frame.begin() + length);
      EXPECT_NE(reason_for(kGreenA, cut), DropReason::kCount);
      expect_silence();
    }
}

TEST_F(BridgeSourceTest, DropsMalformedDiscovery) {
  Bytes zero = option(kTargetOption, kGreenA.mac);
  zero[1] = 0;
  Bytes beyond = option(kTargetOption, kGreenA.mac);
  beyond[1] = 2;
  expect_all_dropped(
      kGreenA, {{"option of length 0", nd(icmp6::kNeighborAdvertisement, kGreenA.ip6, zero),
                 DropReason::kNdMalformed},
                {"option beyond the end", nd(icmp6::kNeighborAdvertisement, kGreenA.ip6, beyond),
                 DropReason::kNdMalformed},
                {"half an option", nd(icmp6::kNeighborAdvertisement, kGreenA.ip6, {2, 1, 2, 0}),
                 DropReason::kNdMalformed}});
}

}  // namespace

}  // namespace millrace
