#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Mac kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr std::uint16_t kRequest = 1, kReply = 2;

struct Arp {
  std::uint16_t operation = kRequest;
  Mac sender_mac = kBlueA.mac;
  Ip4 sender = kBlueA.ip4;
  Mac target_mac{};
  Ip4 target = kBlueGateway4;
};

Bytes arp_packet(const Arp& fields) {
  Bytes packet = {0, 1, 8, 0, 6, 4};
  packet.resize(28);
  store_be16(&packet[6], fields.operation);
  std::memcpy(&packet[8], fields.sender_mac.bytes.data(), 6);
  store_be32(&packet[14], fields.sender);
  std::memcpy(&packet[18], fields.target_mac.bytes.data(), 6);
  store_be32(&packet[24], fields.target);
  return packet;
}

Bytes request(const Arp& fields, const Mac& destination = kBroadcast) {
  return ethernet(destination, kBlueA.mac, kEtherTypeArp, arp_packet(fields));
}

Bytes reply_to(Ip4 sender) {
  return frame_to(kBlueA, kEtherTypeArp,
                  arp_packet({.operation = kReply,
                              .sender_mac = kBlueA.gateway_mac,
                              .sender = kBlueGateway4,
                              .target_mac = kBlueA.mac,
                              .target = sender}));
}

Bytes with_byte(Bytes frame, std::size_t at, std::uint8_t value) {
  frame[kEthernetLength + at] = value;
  return frame;
}

class ArpResponderTest : public GraphTest {};

TEST_F(ArpResponderTest, AnswersABroadcastRequestForTheGateway) {
  expect_sent(kBlueA, request({}), kBlueA, reply_to(kBlueA.ip4));
}

TEST_F(ArpResponderTest, AnswersAUnicastRequestForTheGateway) {
  const Arp confirmation{.target_mac = kBlueA.gateway_mac};
  expect_sent(kBlueA, request(confirmation, kBlueA.gateway_mac), kBlueA, reply_to(kBlueA.ip4));
}

TEST_F(ArpResponderTest, AnswersAnAddressProbeSoThatNobodyTakesTheGateway) {
  expect_sent(kBlueA, request({.sender = 0}), kBlueA, reply_to(0));
}

TEST_F(ArpResponderTest, LeavesOutThePaddingOfTheRequest) {
  expect_sent(kBlueA, join({request({}), Bytes(18, 0xee)}), kBlueA, reply_to(kBlueA.ip4));
}

TEST_F(ArpResponderTest, IgnoresWhatIsNotARequestForTheGateway) {
  expect_all_dropped(
      kBlueA,
      {{"the other pod", request({.target = kBlueB.ip4}), DropReason::kArpIgnored},
       {"gratuitous", request({.target = kBlueA.ip4}), DropReason::kArpIgnored},
       {"gateway of another network", request({.target = kRedGateway4}), DropReason::kArpIgnored},
       {"a reply", request({.operation = kReply}), DropReason::kArpIgnored},
       {"operation 0", request({.operation = 0}), DropReason::kArpIgnored},
       {"reverse ARP", request({.operation = 3}), DropReason::kArpIgnored}});
}

TEST_F(ArpResponderTest, DropsSpoofedSenders) {
  expect_all_dropped(
      kBlueA,
      {{"address of the other pod", request({.sender = kBlueB.ip4}), DropReason::kSourceAddress},
       {"address of the gateway", request({.sender = kBlueGateway4}), DropReason::kSourceAddress},
       {"a reply that claims the gateway", request({.operation = kReply, .sender = kBlueGateway4}),
        DropReason::kSourceAddress},
       {"MAC of the other pod", request({.sender_mac = kBlueB.mac}), DropReason::kArpMalformed},
       {"MAC of the gateway", request({.sender_mac = kBlueA.gateway_mac}),
        DropReason::kArpMalformed}});
}

TEST_F(ArpResponderTest, DropsMalformedRequests) {
  expect_all_dropped(
      kBlueA, {{"hardware type 6", with_byte(request({}), 1, 6), DropReason::kArpMalformed},
               {"protocol type IPv6", with_byte(request({}), 2, 0x86), DropReason::kArpMalformed},
               {"hardware length 8", with_byte(request({}), 4, 8), DropReason::kArpMalformed},
               {"protocol length 16", with_byte(request({}), 5, 16), DropReason::kArpMalformed}});
}

TEST_F(ArpResponderTest, DropsRequestsCutShort) {
  const Bytes frame = request({});
  for (std::ptrdiff_t length = kEthernetLength; length < kEthernetLength + 28; ++length)
    expect_dropped(kBlueA, {frame.begin(), frame.begin() + length}, DropReason::kArpMalformed);
}

TEST_F(ArpResponderTest, StaysSilentInANetworkWithoutIp4Gateway) {
  net.blue.has_gateway4 = false;
  expect_dropped(kBlueA, request({}), DropReason::kArpIgnored);
  expect_dropped(kBlueA, request({.sender = 0, .target = 0}), DropReason::kArpIgnored);
}

TEST_F(ArpResponderTest, KnowsNoSenderOfAPodWithoutIp4) {
  net.reconfigure(kBlueA, [](PortConfig& config) {
    config.has_ip4 = false;
    config.peer_ip4 = 0;
  });
  expect_dropped(kBlueA, request({}), DropReason::kSourceAddress);
}

}  // namespace

}  // namespace millrace
