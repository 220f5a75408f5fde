// What holds for the graph as a whole, whatever it is given.
#include "graph/graph.hpp"

#include <random>
#include <set>

#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Ip4 kNowhere4 = ip4_address(198, 51, 100, 1);

Bytes arp_request() {
  Bytes packet = {0, 1, 8, 0, 6, 4, 0, 1};
  packet.resize(28);
  std::memcpy(&packet[8], kBlueA.mac.bytes.data(), 6);
  store_be32(&packet[14], kBlueA.ip4);
  store_be32(&packet[24], kBlueGateway4);
  return frame_from(kBlueA, kEtherTypeArp, packet);
}

Bytes icmp6_to_gateway(std::uint8_t type, const Bytes& body, std::uint8_t hop_limit) {
  Bytes frame = frame_from(kBlueA, kEtherTypeIp6,
                           ip6_packet({.source = kBlueA.ip6,
                                       .destination = kBlueGateway6,
                                       .next = kProtoIcmp6,
                                       .hop_limit = hop_limit},
                                      icmp_message(type, 0, 0, body)));
  seal_icmp6(frame);
  return frame;
}

Bytes partial_tcp6() {
  Bytes frame = frame_from(kBlueA, kEtherTypeIp6,
                           ip6_packet({.source = kBlueA.ip6, .destination = kBlueB.ip6, .next = 0},
                                      join({extension(kProtoTcp), tcp(counting(20))})));
  set_checksum(frame, {kProtoTcp, kEthernetLength + ip6::kHeader + 8, 16}, Checksum::kPartial);
  return frame;
}

Bytes to_gateway4(std::uint8_t protocol, const Bytes& payload, const Bytes& options = {}) {
  return frame_from(kBlueA, kEtherTypeIp4,
                    ip4_packet({.source = kBlueA.ip4,
                                .destination = kBlueGateway4,
                                .protocol = protocol,
                                .options = options},
                               payload));
}

// One frame for each way through the graph.
std::vector<Bytes> valid_frames() {
  const Bytes solicitation =
      join({{kBlueGateway6.bytes.begin(), kBlueGateway6.bytes.end()}, {1, 1, 2, 0, 0, 0, 1, 0xa}});
  return {arp_request(),
          udp4(kBlueA, kBlueB.ip4, 100),
          udp4(kBlueA, kNowhere4, 100),
          udp6(kBlueA, kBlueB.ip6, 100),
          udp6(kBlueA, kRedC.ip6, 100),
          partial_tcp6(),
          to_gateway4(kProtoIcmp, icmp4_message(icmp4::kEchoRequest, 0, 1, counting(56))),
          to_gateway4(kProtoTcp, tcp(counting(40)), {148, 4, 0, 0}),
          to_gateway4(kProtoSctp, counting(80)),
          icmp6_to_gateway(icmp6::kEchoRequest, counting(56), 64),
          icmp6_to_gateway(icmp6::kNeighborSolicitation, solicitation, 255)};
}

// Makes the lengths in the IP header fit a frame cut short, so that it gets past them.
Bytes fit_lengths(Bytes frame) {
  if (frame.size() < kEthernetLength + ip4::kMinHeader) return frame;
  const std::size_t length = frame.size() - kEthernetLength;
  if (load_be16(&frame[12]) == kEtherTypeIp4) {
    store_be16(&frame[kEthernetLength + ip4::kTotalLength], static_cast<std::uint16_t>(length));
    seal_ip4(frame, kEthernetLength);
  } else if (load_be16(&frame[12]) == kEtherTypeIp6 && length >= ip6::kHeader) {
    store_be16(&frame[kEthernetLength + ip6::kPayloadLength],
               static_cast<std::uint16_t>(length - ip6::kHeader));
    if (frame[kEthernetLength + ip6::kNextHeader] == kProtoIcmp6 && length >= ip6::kHeader + 4)
      seal_icmp6(frame);
  }
  return frame;
}

class GraphAsAWholeTest : public GraphTest {
 protected:
  // What all pods get to see of one frame from blue A, and what is counted.
  std::string outcome_of(const Bytes& frame) {
    const std::uint64_t dropped = net.drops();
    send(kBlueA, frame);
    std::string text = std::to_string(net.drops() - dropped) + " dropped;";
    for (const Pod& pod : kPods)
      for (const Bytes& sent : received_by(pod))
        text += " to " + std::to_string(pod.port) + ": " + hex(sent);
    return text;
  }

  // Memory behind the frame must not matter: the same frame twice over different leftovers.
  void expect_counted(const Bytes& frame) {
    const std::uint64_t received = net.sum(kRxPackets);
    net.set_tail(0x00);
    const std::string over_zeros = outcome_of(frame);
    net.set_tail(0xff);
    EXPECT_EQ(over_zeros, outcome_of(frame));
    EXPECT_EQ(net.sum(kRxPackets), received + 2);
    EXPECT_TRUE(net.counts_add_up());
    EXPECT_TRUE(net.pool_is_whole());
  }
};

TEST_F(GraphAsAWholeTest, CountsFramesCutShortAtEveryLength) {
  for (const Bytes& frame : valid_frames()) {
    for (std::size_t length = 0; length <= std::min<std::size_t>(frame.size(), 100); ++length) {
      SCOPED_TRACE(testing::Message() << length << " bytes of " << hex(frame));
      const Bytes cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
      expect_counted(cut);
      expect_counted(fit_lengths(cut));
    }
  }
}

TEST_F(GraphAsAWholeTest, CountsFramesWithAnyByteChanged) {
  for (const Bytes& frame : valid_frames()) {
    for (std::size_t at = 0; at < frame.size(); ++at) {
      for (const std::uint8_t value : {0x00, 0x01, 0x3a, 0x7f, 0x80, 0xff}) {
        Bytes changed = frame;
        changed[at] = value;
        expect_counted(changed);
        if (at >= kEthernetLength) expect_counted(fit_lengths(changed));
      }
    }
  }
}

TEST_F(GraphAsAWholeTest, CountsGarbage) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    Bytes frame(random() % 200);
    for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random());
    if (i % 2 == 0 && frame.size() >= kEthernetLength) {
      const std::uint16_t types[] = {kEtherTypeIp4, kEtherTypeIp6, kEtherTypeArp};
      const Bytes header = frame_from(kBlueA, types[random() % 3], {});
      std::copy(header.begin(), header.end(), frame.begin());
      frame = fit_lengths(frame);
    }
    expect_counted(frame);
  }
}

TEST_F(GraphAsAWholeTest, TakesEveryWayAtOnceInABurst) {
  const std::vector<Bytes> frames = valid_frames();
  for (std::size_t i = 0; i < kMaxBurst; ++i) net.port(kBlueA).inject(frames[i % frames.size()]);
  net.run();
  EXPECT_EQ(net.counters_of(kBlueA).get(kRxPackets), kMaxBurst);
  EXPECT_EQ(received_by(kBlueA).size() + received_by(kBlueB).size(), net.sum(kTxPackets));
  EXPECT_EQ(net.sum(kTxPackets), kMaxBurst) << "each is forwarded, answered or refused aloud";
}

TEST_F(GraphAsAWholeTest, FillsEachNodeWithAWholeBurst) {
  for (const Bytes& frame : valid_frames()) {
    const std::uint64_t sent = net.sum(kTxPackets);
    for (std::uint32_t i = 0; i < kMaxBurst; ++i) net.port(kBlueA).inject(frame);
    net.run();
    EXPECT_EQ(net.sum(kTxPackets), sent + kMaxBurst);
    received_by(kBlueA);
    received_by(kBlueB);
  }
}

TEST_F(GraphAsAWholeTest, ReceivesNothingWhileThePoolIsEmpty) {
  std::vector<std::uint32_t> taken;
  while (net.pool.available() > 0) taken.push_back(net.pool.take());
  send(kBlueA, udp4(kBlueA, kBlueB.ip4));
  EXPECT_EQ(net.sum(kRxPackets), 0u);
  for (const std::uint32_t frame : taken) net.pool.put(frame);
  net.run();
  EXPECT_EQ(received_by(kBlueB).size(), 1u);
}

TEST_F(GraphAsAWholeTest, ServesAPortThatTookTheSlotOfAnother) {
  net.graph.detach(kBlueB.port);
  const Mac replacement{{2, 0, 0, 0, 1, 0xbb}};
  net.reconfigure(kBlueB, [&](PortConfig& config) { config.peer_mac = replacement; });
  Bytes expected = forwarded(udp4(kBlueA, kBlueB.ip4), kBlueB);
  std::memcpy(&expected[0], replacement.bytes.data(), 6);
  expect_sent(kBlueA, udp4(kBlueA, kBlueB.ip4), kBlueB, expected);
  expect_dropped(kBlueB, udp4(kBlueB, kBlueA.ip4), DropReason::kSourceMac);
}

TEST(DropReasonTest, HasOneNameForEachReason) {
  const std::set<std::string_view> names(kDropReasonNames.begin(), kDropReasonNames.end());
  EXPECT_EQ(names.size(), static_cast<std::size_t>(DropReason::kCount));
  for (const std::string_view name : names)
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), name.npos) << name;
}

}  // namespace

}  // namespace millrace
