#pragma once
// GoogleTest fixture around TestNetwork. After each test no frame is missing and every frame is
// accounted for.
#include <gtest/gtest.h>

#include <ostream>
#include <vector>

#include "graph/test_network.hpp"

namespace millrace {

inline void PrintTo(DropReason reason, std::ostream* out) {
  *out << (reason < DropReason::kCount ? kDropReasonNames[static_cast<std::size_t>(reason)]
                                       : std::string_view("no drop"));
}

class GraphTest : public ::testing::Test {
 protected:
  struct DropCase {
    const char* description;
    Bytes frame;
    DropReason reason;
  };

  explicit GraphTest(std::uint32_t icmp_per_second = TestNetwork::kUnlimited)
      : net(icmp_per_second) {}

  void TearDown() override {
    EXPECT_TRUE(net.pool_is_whole()) << net.pool.available() << " of " << net.pool.total();
    EXPECT_TRUE(net.counts_add_up())
        << net.sum(kRxPackets) << " received, " << net.sum(kIcmpErrors) << " ICMP errors, "
        << net.sum(kTxPackets) << " sent, " << net.drops() << " dropped";
    for (const Pod& pod : kPods)
      EXPECT_TRUE(net.port(pod).take_sent().empty()) << "unexpected frame to port " << pod.port;
  }

  void send(const Pod& from, const Bytes& frame) {
    net.port(from).inject(frame);
    net.run();
  }

  std::vector<Bytes> received_by(const Pod& pod) {
    std::vector<Bytes> frames;
    for (auto& sent : net.port(pod).take_sent()) frames.push_back(std::move(sent.bytes));
    return frames;
  }

  // Why the last frame from the pod was dropped: the counter that rose. kCount for none.
  DropReason reason_for(const Pod& from, const Bytes& frame) {
    const std::vector<std::uint64_t> before = drops_of(from);
    send(from, frame);
    const std::vector<std::uint64_t> after = drops_of(from);
    for (std::size_t i = 0; i < after.size(); ++i)
      if (after[i] != before[i]) return static_cast<DropReason>(i);
    return DropReason::kCount;
  }

  // Dropped without a word to anybody.
  void expect_dropped(const Pod& from, const Bytes& frame, DropReason reason) {
    EXPECT_EQ(reason_for(from, frame), reason);
    for (const Pod& pod : kPods)
      for (const Bytes& sent : received_by(pod))
        ADD_FAILURE() << "sent to port " << pod.port << ": " << hex(sent);
  }
  void expect_all_dropped(const Pod& from, const std::vector<DropCase>& cases) {
    for (const DropCase& c : cases) {
      SCOPED_TRACE(c.description);
      expect_dropped(from, c.frame, c.reason);
    }
  }

  // Exactly this one frame leaves, and only toward the pod named.
  void expect_sent(const Pod& from, const Bytes& frame, const Pod& to, const Bytes& expected) {
    send(from, frame);
    for (const Pod& pod : kPods) {
      const std::vector<Bytes> frames = received_by(pod);
      ASSERT_EQ(frames.size(), pod.port == to.port ? 1u : 0u) << "at port " << pod.port;
      for (const Bytes& sent : frames) EXPECT_EQ(hex(sent), hex(expected));
    }
  }
  void expect_forwarded(const Pod& from, const Bytes& frame, const Pod& to) {
    expect_sent(from, frame, to, forwarded(frame, to));
  }

  // Refused, with the ICMP error given back to the sender.
  void expect_refused(const Pod& from, const Bytes& frame, DropReason reason,
                      const Bytes& expected) {
    const std::uint64_t errors = net.counters_of(from).get(kIcmpErrors);
    const std::uint64_t counted = net.counters_of(from).drops(reason);
    expect_sent(from, frame, from, expected);
    EXPECT_EQ(net.counters_of(from).get(kIcmpErrors), errors + 1);
    EXPECT_EQ(net.counters_of(from).drops(reason), counted + 1) << "not dropped as expected";
  }

  // What a router makes of a frame: other MACs, one hop less, the header checksum anew.
  static Bytes forwarded(const Bytes& frame, const Pod& to) {
    const std::uint16_t type = load_be16(&frame[12]);
    Bytes packet(frame.begin() + kEthernetLength, frame.end());
    --packet.at(type == kEtherTypeIp6 ? ip6::kHopLimit : ip4::kTtl);
    if (type == kEtherTypeIp4) seal_ip4(packet);
    return frame_to(to, type, packet);
  }

  // The error that a gateway sends about a frame, quoting at most so many bytes of it.
  static Bytes icmp4_error_to(const Pod& pod, Ip4 gateway, std::uint8_t type, std::uint8_t code,
                              std::uint32_t rest, const Bytes& about) {
    return frame_to(
        pod, kEtherTypeIp4,
        ip4_packet({.source = gateway, .destination = pod.ip4, .protocol = kProtoIcmp, .tos = 0xc0},
                   icmp4_message(type, code, rest, quotation(about, 576 - 28))));
  }
  static Bytes icmp6_error_to(const Pod& pod, const Ip6& gateway, std::uint8_t type,
                              std::uint8_t code, std::uint32_t rest, const Bytes& about) {
    Bytes frame =
        frame_to(pod, kEtherTypeIp6,
                 ip6_packet({.source = gateway, .destination = pod.ip6, .next = kProtoIcmp6},
                            icmp_message(type, code, rest, quotation(about, 1280 - 48))));
    seal_icmp6(frame);
    return frame;
  }

  TestNetwork net;

 private:
  static Bytes quotation(const Bytes& frame, std::size_t limit) {
    const std::size_t length = std::min(frame.size() - kEthernetLength, limit);
    const auto begin = frame.begin() + kEthernetLength;
    return {begin, begin + static_cast<std::ptrdiff_t>(length)};
  }

  std::vector<std::uint64_t> drops_of(const Pod& pod) const {
    std::vector<std::uint64_t> counts;
    for (std::size_t i = 0; i < static_cast<std::size_t>(DropReason::kCount); ++i)
      counts.push_back(net.counters_of(pod).drops(static_cast<DropReason>(i)));
    return counts;
  }
};

}  // namespace millrace
