// The control side has told B's addresses (and, in VLAN 10, those of a host beyond the uplink).
#include "graph/bridge_fixture.hpp"

namespace millrace {

namespace {

constexpr std::uint16_t kRequest = 1, kReply = 2;
constexpr std::uint32_t kSolicitedOverride = 0x60000000, kOverride = 0x20000000;
constexpr Ip6 kAllNodes = ip6_address({0xff02, 0, 0, 0, 0, 0, 0, 1});

struct Arp {
  std::uint16_t operation = kRequest;
  Mac sender_mac = kGreenA.mac;
  Ip4 sender = kGreenA.ip4;
  Mac target_mac{};
  Ip4 target = kGreenB.ip4;
};

Bytes arp(const Mac& to, const Mac& from, const Arp& fields) {
  Bytes packet = {0, 1, 8, 0, 6, 4};
  packet.resize(28);
  store_be16(&packet[6], fields.operation);
  std::memcpy(&packet[8], fields.sender_mac.bytes.data(), 6);
  store_be32(&packet[14], fields.sender);
  std::memcpy(&packet[18], fields.target_mac.bytes.data(), 6);
  store_be32(&packet[24], fields.target);
  return ethernet(to, from, kEtherTypeArp, packet);
}
Bytes request(const Arp& fields = {}) {
  return arp(kBroadcastMac, fields.sender_mac, fields);
}
Bytes reply_of_b(const Mac& to = kGreenA.mac, Ip4 asker = kGreenA.ip4) {
  return arp(to, kGreenB.mac,
             {.operation = kReply,
              .sender_mac = kGreenB.mac,
              .sender = kGreenB.ip4,
              .target_mac = to,
              .target = asker});
}

Ip6 solicited_node(const Ip6& target) {
  Ip6 group = ip6_address({0xff02, 0, 0, 0, 0, 1, 0xff00, 0});
  std::copy(target.bytes.begin() + 13, target.bytes.end(), group.bytes.begin() + 13);
  return group;
}

struct Solicitation {
  Mac from = kGreenA.mac;
  Ip6 source = kGreenA.ip6;
  Ip6 target = kGreenB.ip6;
  Bytes options = {1, 1, 2, 0, 0, 0, 3, 0xa};
  std::uint8_t hop_limit = 255;
};
Bytes solicit(const Solicitation& fields = {}) {
  const Ip6 group = solicited_node(fields.target);
  Mac to{{0x33, 0x33}};
  std::copy(group.bytes.begin() + 12, group.bytes.end(), to.bytes.begin() + 2);
  const Bytes target(fields.target.bytes.begin(), fields.target.bytes.end());
  Bytes frame = ethernet(
      to, fields.from, kEtherTypeIp6,
      ip6_packet({.source = fields.source,
                  .destination = group,
                  .next = kProtoIcmp6,
                  .hop_limit = fields.hop_limit},
                 icmp_message(icmp6::kNeighborSolicitation, 0, 0, join({target, fields.options}))));
  seal_icmp6(frame);
  return frame;
}
Bytes advertisement_of_b(const Ip6& to, std::uint32_t flags) {
  const Bytes target(kGreenB.ip6.bytes.begin(), kGreenB.ip6.bytes.end());
  Bytes frame = ethernet(
      kGreenA.mac, kGreenB.mac, kEtherTypeIp6,
      ip6_packet(
          {.source = kGreenB.ip6, .destination = to, .next = kProtoIcmp6, .hop_limit = 255},
          icmp_message(
              icmp6::kNeighborAdvertisement, 0, flags,
              join({target, {2, 1}, {kGreenB.mac.bytes.begin(), kGreenB.mac.bytes.end()}}))));
  seal_icmp6(frame);
  return frame;
}

class BridgeSuppressTest : public BridgeTest {
 protected:
  BridgeSuppressTest() { tell(0, kGreenB, {kGreenB.mac}); }

  void tell(std::uint16_t vlan, const Pod& pod, const HostTable::Host& host) {
    net.green.hosts.set(vlan, HostTable::mapped(pod.ip4), host);
    net.green.hosts.set(vlan, pod.ip6, host);
    net.green.hosts.publish();
  }
  void expect_answered(const Bytes& frame, const Bytes& answer) {
    expect_delivered(kGreenA, frame, {{kGreenA, answer}});
    EXPECT_EQ(net.sum(kFloodCopies), 0u);
  }
  void expect_flooded(const Bytes& frame) {
    expect_delivered(kGreenA, frame, {{kGreenB, frame}, {kGreenC, frame}, {kGreenUplink, frame}});
  }
};

TEST_F(BridgeSuppressTest, AnswersAnArpRequestForAKnownHost) {
  expect_answered(request(), reply_of_b());
}

TEST_F(BridgeSuppressTest, LeavesOutThePaddingOfTheRequest) {
  expect_answered(join({request(), Bytes(18, 0xee)}), reply_of_b());
}

TEST_F(BridgeSuppressTest, AnswersAnAddressProbeForTheAddressOfAnother) {
  expect_answered(request({.sender = 0}), reply_of_b(kGreenA.mac, 0));
}

TEST_F(BridgeSuppressTest, FloodsTheProbeOfAHostForItsOwnAddress) {
  tell(0, kGreenA, {kGreenA.mac});
  expect_flooded(request({.sender = 0, .target = kGreenA.ip4}));
}

TEST_F(BridgeSuppressTest, FloodsWhatIsNotARequestForAKnownHost) {
  expect_flooded(request({.target = kGreenC.ip4}));
  expect_flooded(request({.target = kGreenA.ip4}));  // gratuitous
  expect_flooded(request({.operation = kReply}));
  expect_flooded(solicit({.target = kGreenC.ip6}));
  expect_flooded(solicit({.hop_limit = 64}));
  Bytes wrong = solicit();
  wrong.back() ^= 1;  // a checksum that is wrong, and a link layer that is not A's
  expect_dropped(kGreenA, wrong, DropReason::kSourceAddress);
  Bytes checksum = solicit();
  checksum[kEthernetLength + ip6::kHeader + 2] ^= 1;
  expect_flooded(checksum);
}

TEST_F(BridgeSuppressTest, PassesUnicastRequests) {
  const Bytes frame = arp(kGreenB.mac, kGreenA.mac, {});
  expect_delivered(kGreenA, frame, {{kGreenB, frame}});
}

TEST_F(BridgeSuppressTest, FloodsWhenItIsSwitchedOff) {
  net.green.suppresses = false;
  expect_flooded(request());
  expect_flooded(solicit());
}

TEST_F(BridgeSuppressTest, LeavesTheAnswerToAHostBehindTheSamePort) {
  net.green.hosts.set(0, HostTable::mapped(kGreenC.ip4), {kStranger});
  net.green.hosts.publish();
  send(kGreenUplink, l2_frame(kBroadcastMac, kStranger));
  forget_received();
  const Bytes frame =
      request({.sender_mac = kGreenUplink.mac, .sender = kGreenUplink.ip4, .target = kGreenC.ip4});
  expect_delivered(kGreenUplink, frame, {{kGreenA, frame}, {kGreenB, frame}, {kGreenC, frame}});
}

TEST_F(BridgeSuppressTest, AnswersASolicitationForAKnownHost) {
  expect_answered(solicit(), advertisement_of_b(kGreenA.ip6, kSolicitedOverride));
}

TEST_F(BridgeSuppressTest, AnswersASolicitationWithoutOptions) {
  expect_answered(solicit({.options = {}}), advertisement_of_b(kGreenA.ip6, kSolicitedOverride));
}

TEST_F(BridgeSuppressTest, AdvertisesARouterAsOne) {
  tell(0, kGreenB, {kGreenB.mac, true});
  expect_answered(solicit(), advertisement_of_b(kGreenA.ip6, kSolicitedOverride | 0x80000000));
}

TEST_F(BridgeSuppressTest, DefendsAnAddressAgainstDuplicateDetection) {
  expect_answered(solicit({.source = {}, .options = {}}), advertisement_of_b(kAllNodes, kOverride));
  tell(0, kGreenA, {kGreenA.mac});
  expect_flooded(solicit({.source = {}, .target = kGreenA.ip6, .options = {}}));
}

TEST_F(BridgeSuppressTest, AnswersInTheVlanOfTheQuestionWithItsTag) {
  make_trunk(kGreenUplink, {10, 20});
  make_trunk(kGreenC, {10, 20});
  tell(10, kGreenB, {kGreenB.mac});
  const Bytes from_uplink = request({.sender_mac = kGreenUplink.mac, .sender = kGreenUplink.ip4});
  expect_delivered(
      kGreenUplink, tagged(from_uplink, 0x6000 | 10),
      {{kGreenUplink, tagged(reply_of_b(kGreenUplink.mac, kGreenUplink.ip4), 0x6000 | 10)}});
  expect_delivered(kGreenUplink, tagged(from_uplink, 20), {{kGreenC, tagged(from_uplink, 20)}});
  const Bytes nd = solicit({.from = kGreenUplink.mac, .source = kGreenUplink.ip6, .options = {}});
  Bytes answer = advertisement_of_b(kGreenUplink.ip6, kSolicitedOverride);
  std::copy(kGreenUplink.mac.bytes.begin(), kGreenUplink.mac.bytes.end(), answer.begin());
  expect_delivered(kGreenUplink, tagged(nd, 10), {{kGreenUplink, tagged(answer, 10)}});
}

TEST_F(BridgeSuppressTest, RemovesAPriorityTagFromTheAnswerToAnAccessPort) {
  make_access(kGreenA, 10);
  tell(10, kGreenB, {kGreenB.mac});
  expect_answered(tagged(request(), 0xa000), reply_of_b());
}

TEST_F(BridgeSuppressTest, AnswersNothingThatIsCutShort) {
  for (const Bytes& frame : {request(), solicit()})
    for (std::ptrdiff_t length = 0; length < static_cast<std::ptrdiff_t>(frame.size()); ++length) {
      send(kGreenUplink, {frame.begin(), frame.begin() + length});
      EXPECT_TRUE(received_by(kGreenUplink).empty()) << length;
      forget_received();
    }
}

}  // namespace

}  // namespace millrace
