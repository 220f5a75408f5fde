#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Ip6 kRouted = ip6_address({0x2001, 0xdb8, 0, 0, 0, 0, 0, 0});
constexpr Ip6 kInRouted = ip6_address({0x2001, 0xdb8, 0, 1, 0, 0, 0, 1});
constexpr Ip6 kInRoutedB = ip6_address({0x2001, 0xdb8, 0x8000, 0, 0, 0, 0, 1});
constexpr Ip6 kNowhere = ip6_address({0x2001, 0xdb9, 0, 0, 0, 0, 0, 1});
constexpr Ip6 kLoopback = ip6_address({0, 0, 0, 0, 0, 0, 0, 1});
constexpr Ip6 kLinkLocal = ip6_address({0xfe80, 0, 0, 0, 0, 0, 0, 2});
constexpr Ip6 kLinkLocalEnd = ip6_address({0xfebf, 0xffff, 0, 0, 0, 0, 0, 2});
constexpr Ip6 kAllNodes = ip6_address({0xff02, 0, 0, 0, 0, 0, 0, 1});
constexpr Ip6 kGlobalGroup = ip6_address({0xff0e, 0, 0, 0, 0, 0, 0, 1});

struct AddressCase {
  const char* description;
  Ip6 address;
  DropReason reason;
};

class Ip6ForwardTest : public GraphTest {
 protected:
  static Bytes packet(const Ip6Fields& fields, const Bytes& payload = udp(counting(18))) {
    return frame_from(kBlueA, kEtherTypeIp6, ip6_packet(fields, payload));
  }
  static Bytes to(const Ip6& destination) {
    return packet({.source = kBlueA.ip6, .destination = destination});
  }
  static Bytes from(const Ip6& source) {
    return packet({.source = source, .destination = kBlueB.ip6});
  }
  static Bytes a_to_b(std::uint8_t next, const Bytes& payload) {
    return packet({.source = kBlueA.ip6, .destination = kBlueB.ip6, .next = next}, payload);
  }
  static Bytes with_byte(Bytes frame, std::size_t at, std::uint8_t value) {
    frame[kEthernetLength + at] = value;
    return frame;
  }
};

TEST_F(Ip6ForwardTest, ForwardsBetweenPodsOfOneNetwork) {
  expect_forwarded(kBlueA, udp6(kBlueA, kBlueB.ip6), kBlueB);
  expect_forwarded(kBlueB, udp6(kBlueB, kBlueA.ip6), kBlueA);
}

TEST_F(Ip6ForwardTest, ForwardsEveryNextHeaderAndLength) {
  for (const int next : {0, 4, 6, 17, 43, 44, 50, 51, 58, 59, 60, 132, 135, 255}) {
    SCOPED_TRACE(next);
    for (std::size_t length = 0; length < 40; ++length)
      expect_forwarded(kBlueA, a_to_b(static_cast<std::uint8_t>(next), Bytes(length, 0x80)),
                       kBlueB);
  }
}

TEST_F(Ip6ForwardTest, CutsEthernetPaddingOff) {
  const Bytes frame = a_to_b(59, {});
  expect_sent(kBlueA, join({frame, Bytes(6, 0xee)}), kBlueB, forwarded(frame, kBlueB));
}

TEST_F(Ip6ForwardTest, LowersTheHopLimitByOne) {
  for (int hops = 2; hops <= 255; ++hops) {
    SCOPED_TRACE(hops);
    expect_forwarded(
        kBlueA, with_byte(to(kBlueB.ip6), ip6::kHopLimit, static_cast<std::uint8_t>(hops)), kBlueB);
  }
}

TEST_F(Ip6ForwardTest, RefusesAnExpiredHopLimit) {
  for (const std::uint8_t hops : {0, 1}) {
    const Bytes frame = with_byte(to(kBlueB.ip6), ip6::kHopLimit, hops);
    expect_refused(kBlueA, frame, DropReason::kTtlExpired,
                   icmp6_error_to(kBlueA, kBlueGateway6, icmp6::kTimeExceeded, 0, 0, frame));
  }
}

TEST_F(Ip6ForwardTest, RefusesWhatHasNoRoute) {
  const Bytes frame = to(kNowhere);
  expect_refused(
      kBlueA, frame, DropReason::kNoRoute,
      icmp6_error_to(kBlueA, kBlueGateway6, icmp6::kUnreachable, icmp6::kCodeNoRoute, 0, frame));
}

TEST_F(Ip6ForwardTest, FollowsTheLongestPrefix) {
  TestNetwork::add_route6(net.blue, kRouted, 32, kBlueB);
  TestNetwork::add_route6(net.blue, kInRouted, 128, kBlueA);
  expect_forwarded(kBlueA, to(kInRoutedB), kBlueB);
  expect_forwarded(kBlueA, to(kInRouted), kBlueA);
}

TEST_F(Ip6ForwardTest, RefusesAPacketLongerThanTheOutputMtuAndNamesTheMtu) {
  net.reconfigure(kBlueB, [](PortConfig& config) { config.mtu = 1400; });
  expect_forwarded(kBlueA, a_to_b(kProtoUdp, Bytes(1360)), kBlueB);
  const Bytes frame = a_to_b(kProtoUdp, Bytes(1361));
  expect_refused(kBlueA, frame, DropReason::kMtuExceeded,
                 icmp6_error_to(kBlueA, kBlueGateway6, icmp6::kTooBig, 0, 1400, frame));
}

TEST_F(Ip6ForwardTest, RefusesAJumboPacketOverTheMtu) {
  const Bytes frame = a_to_b(kProtoUdp, Bytes(3400, 1));
  expect_refused(kBlueA, frame, DropReason::kMtuExceeded,
                 icmp6_error_to(kBlueA, kBlueGateway6, icmp6::kTooBig, 0, 1500, frame));
}

TEST_F(Ip6ForwardTest, ForwardsFragmentsUntouched) {
  const Bytes first = a_to_b(ip6::kFragment, join({{17, 0, 0, 1, 0, 0, 0, 7}, udp(counting(64))}));
  const Bytes middle = a_to_b(ip6::kFragment, join({{17, 0, 0, 73, 0, 0, 0, 7}, counting(64)}));
  const Bytes last = a_to_b(ip6::kFragment, join({{17, 0, 0, 136, 0, 0, 0, 7}, counting(3)}));
  const Bytes atomic = a_to_b(ip6::kFragment, join({{17, 0, 0, 0, 0, 0, 0, 7}, udp({})}));
  for (const Bytes& frame : {first, middle, last, atomic}) expect_forwarded(kBlueA, frame, kBlueB);
}

TEST_F(Ip6ForwardTest, DropsMalformedHeaders) {
  const Bytes frame = to(kBlueB.ip6);
  const auto payload = static_cast<std::uint8_t>(frame.size() - kEthernetLength - ip6::kHeader);
  const DropReason malformed = DropReason::kIp6Malformed;
  expect_all_dropped(kBlueA,
                     {{"version 4", with_byte(frame, 0, 0x45), malformed},
                      {"version 0", with_byte(frame, 0, 0x00), malformed},
                      {"payload one more than received",
                       with_byte(frame, 5, static_cast<std::uint8_t>(payload + 1)), malformed},
                      {"payload 65280 more", with_byte(frame, 4, 0xff), malformed}});
  for (std::ptrdiff_t length = kEthernetLength; length < kEthernetLength + 40; ++length)
    expect_dropped(kBlueA, {frame.begin(), frame.begin() + length}, malformed);
}

TEST_F(Ip6ForwardTest, DropsWhatNoRouterForwards) {
  TestNetwork::add_route6(net.blue, {}, 0, kBlueB);
  const std::vector<AddressCase> cases = {
      {"unspecified", {}, DropReason::kIp6Martian},
      {"loopback", kLoopback, DropReason::kIp6Martian},
      {"link-local", kLinkLocal, DropReason::kIp6Martian},
      {"end of link-local", kLinkLocalEnd, DropReason::kIp6Martian},
      {"all nodes", kAllNodes, DropReason::kMulticast},
      {"a global group", kGlobalGroup, DropReason::kMulticast},
  };
  for (const AddressCase& c : cases) {
    SCOPED_TRACE(c.description);
    expect_dropped(kBlueA, to(c.address), c.reason);
  }
  for (const Ip6& neighbour :
       {ip6_address({0, 0, 0, 0, 0, 0, 0, 2}), ip6_address({0xfec0, 0, 0, 0, 0, 0, 0, 1}),
        ip6_address({0xfe7f, 0, 0, 0, 0, 0, 0, 1}), ip6_address({0xfeff, 0, 0, 0, 0, 0, 0, 1})})
    expect_forwarded(kBlueA, to(neighbour), kBlueB);
}

TEST_F(Ip6ForwardTest, DropsSpoofedSources) {
  const std::vector<AddressCase> cases = {
      {"the other pod", kBlueB.ip6, DropReason::kSourceAddress},
      {"the gateway", kBlueGateway6, DropReason::kSourceAddress},
      {"a pod of another network", kRedC.ip6, DropReason::kSourceAddress},
      {"somebody", kNowhere, DropReason::kSourceAddress},
      {"link-local", kLinkLocal, DropReason::kIp6Martian},
      {"end of link-local", kLinkLocalEnd, DropReason::kIp6Martian},
  };
  for (const AddressCase& c : cases) {
    SCOPED_TRACE(c.description);
    expect_dropped(kBlueA, from(c.address), c.reason);
  }
}

TEST_F(Ip6ForwardTest, AcceptsSourcesOfAPrefixRoutedToThePort) {
  TestNetwork::add_route6(net.blue, kRouted, 32, kBlueA);
  TestNetwork::add_route6(net.blue, ip6_address({0x2001, 0xdb8, 0x8000, 0, 0, 0, 0, 0}), 33,
                          kBlueB);
  expect_forwarded(kBlueA, from(kInRouted), kBlueB);
  expect_dropped(kBlueA, from(kInRoutedB), DropReason::kSourceAddress);
}

TEST_F(Ip6ForwardTest, DropsMartianSourcesBehindADefaultRoute) {
  TestNetwork::add_route6(net.blue, {}, 0, kBlueA);
  expect_forwarded(kBlueA, from(kNowhere), kBlueB);
  const std::vector<AddressCase> cases = {
      {"unspecified", {}, DropReason::kSourceAddress},
      {"loopback", kLoopback, DropReason::kSourceAddress},
      {"link-local", kLinkLocal, DropReason::kIp6Martian},
      {"all nodes", kAllNodes, DropReason::kSourceAddress},
      {"a global group", kGlobalGroup, DropReason::kSourceAddress},
  };
  for (const AddressCase& c : cases) {
    SCOPED_TRACE(c.description);
    expect_dropped(kBlueA, from(c.address), c.reason);
  }
}

TEST_F(Ip6ForwardTest, KnowsNoSourceOfAPodWithoutIp6) {
  net.reconfigure(kBlueB, [](PortConfig& config) { config.has_ip6 = false; });
  net.blue.fib6.erase(kBlueB.ip6.bytes.data(), 128);
  expect_dropped(kBlueB, udp6(kBlueB, kBlueA.ip6), DropReason::kSourceAddress);
}

}  // namespace

}  // namespace millrace
