#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

constexpr Ip4 kRouted = ip4_address(192, 0, 2, 0);
constexpr Ip4 kNowhere = ip4_address(198, 51, 100, 1);

struct SourceCase {
  const char* description;
  Ip4 source;
};

struct OptionCase {
  const char* description;
  Bytes options;
};

class Ip4ForwardTest : public GraphTest {
 protected:
  static Bytes packet(const Ip4Fields& fields, const Bytes& payload = udp(counting(18))) {
    Ip4Fields filled = fields;
    if (filled.source == 0) filled.source = kBlueA.ip4;
    if (filled.destination == 0) filled.destination = kBlueB.ip4;
    return frame_from(kBlueA, kEtherTypeIp4, ip4_packet(filled, payload));
  }
  // Overwrites one byte of the header and makes the checksum right again.
  static Bytes with_byte(Bytes frame, std::size_t at, std::uint8_t value) {
    frame[kEthernetLength + at] = value;
    seal_ip4(frame, kEthernetLength);
    return frame;
  }
  static Bytes from_source(Ip4 source) {
    Bytes frame = packet({});
    store_be32(&frame[kEthernetLength + ip4::kSource], source);
    seal_ip4(frame, kEthernetLength);
    return frame;
  }
  static Bytes to_destination(Ip4 destination) {
    Bytes frame = packet({});
    store_be32(&frame[kEthernetLength + ip4::kDestination], destination);
    seal_ip4(frame, kEthernetLength);
    return frame;
  }
};

TEST_F(Ip4ForwardTest, ForwardsBetweenPodsOfOneNetwork) {
  expect_forwarded(kBlueA, udp4(kBlueA, kBlueB.ip4), kBlueB);
  expect_forwarded(kBlueB, udp4(kBlueB, kBlueA.ip4), kBlueA);
}

TEST_F(Ip4ForwardTest, ForwardsEveryProtocolAndLength) {
  for (const int protocol : {0, 1, 2, 4, 6, 17, 41, 47, 50, 51, 89, 132, 255}) {
    SCOPED_TRACE(protocol);
    for (std::size_t length = 0; length < 40; ++length)
      expect_forwarded(
          kBlueA, packet({.protocol = static_cast<std::uint8_t>(protocol)}, Bytes(length, 0x5a)),
          kBlueB);
  }
}

TEST_F(Ip4ForwardTest, CutsEthernetPaddingOff) {
  const Bytes frame = udp4(kBlueA, kBlueB.ip4, 2);
  expect_sent(kBlueA, join({frame, Bytes(60 - frame.size(), 0)}), kBlueB, forwarded(frame, kBlueB));
}

TEST_F(Ip4ForwardTest, SendsAPodItsOwnPacketsBack) {
  expect_forwarded(kBlueA, udp4(kBlueA, kBlueA.ip4), kBlueA);
}

TEST_F(Ip4ForwardTest, KeepsTheHeaderChecksumRightForEveryTtl) {
  for (int ttl = 2; ttl <= 255; ++ttl) {
    SCOPED_TRACE(ttl);
    expect_forwarded(kBlueA, packet({.ttl = static_cast<std::uint8_t>(ttl)}), kBlueB);
  }
}

TEST_F(Ip4ForwardTest, RefusesAnExpiredTtl) {
  for (const std::uint8_t ttl : {0, 1}) {
    const Bytes frame = packet({.ttl = ttl});
    expect_refused(kBlueA, frame, DropReason::kTtlExpired,
                   icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kTimeExceeded, 0, 0, frame));
  }
}

TEST_F(Ip4ForwardTest, RefusesWhatHasNoRoute) {
  const Bytes frame = packet({.destination = kNowhere});
  expect_refused(
      kBlueA, frame, DropReason::kNoRoute,
      icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kUnreachable, icmp4::kCodeNet, 0, frame));
}

TEST_F(Ip4ForwardTest, SaysThatThereIsNoRouteWhateverTheTtl) {
  const Bytes frame = packet({.destination = kNowhere, .ttl = 1});
  expect_refused(
      kBlueA, frame, DropReason::kNoRoute,
      icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kUnreachable, icmp4::kCodeNet, 0, frame));
}

TEST_F(Ip4ForwardTest, FollowsTheLongestPrefix) {
  TestNetwork::add_route4(net.blue, kRouted, 24, kBlueB);
  TestNetwork::add_route4(net.blue, kRouted + 128, 25, kBlueA);
  expect_forwarded(kBlueA, packet({.destination = kRouted + 127}), kBlueB);
  expect_forwarded(kBlueA, packet({.destination = kRouted + 128}), kBlueA);
}

TEST_F(Ip4ForwardTest, RefusesAPacketLongerThanTheOutputMtuAndNamesTheMtu) {
  net.reconfigure(kBlueB, [](PortConfig& config) { config.mtu = 1400; });
  expect_forwarded(kBlueA, packet({}, Bytes(1380)), kBlueB);
  const Bytes frame = packet({.fragment = ip4::kDontFragment}, Bytes(1381));
  expect_refused(kBlueA, frame, DropReason::kMtuExceeded,
                 icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kUnreachable, icmp4::kCodeFragNeeded,
                                1400, frame));
}

TEST_F(Ip4ForwardTest, ForwardsJumboPacketsWhereTheMtuAllowsThem) {
  net.reconfigure(kBlueB, [](PortConfig& config) { config.mtu = 3498; });
  expect_forwarded(kBlueA, packet({}, Bytes(3478, 1)), kBlueB);
}

TEST_F(Ip4ForwardTest, RefusesAJumboPacketOverTheMtu) {
  const Bytes frame = packet({}, Bytes(3400, 1));
  expect_refused(kBlueA, frame, DropReason::kMtuExceeded,
                 icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kUnreachable, icmp4::kCodeFragNeeded,
                                1500, frame));
}

TEST_F(Ip4ForwardTest, ForwardsFragmentsUntouched) {
  const Bytes first = packet({.fragment = ip4::kMoreFragments}, udp(counting(1000)));
  const Bytes middle = packet({.fragment = ip4::kMoreFragments | 126}, Bytes(1008, 1));
  const Bytes last = packet({.fragment = 252}, Bytes(3, 2));
  const Bytes farthest = packet({.fragment = ip4::kOffsetMask}, Bytes(8, 3));
  for (const Bytes& frame : {first, middle, last, farthest})
    expect_forwarded(kBlueA, frame, kBlueB);
}

TEST_F(Ip4ForwardTest, DropsMalformedHeaders) {
  const Bytes frame = packet({});
  const auto length = static_cast<std::uint8_t>(frame.size() - kEthernetLength);
  expect_all_dropped(
      kBlueA,
      {{"version 6", with_byte(frame, 0, 0x65), DropReason::kIp4Malformed},
       {"version 0", with_byte(frame, 0, 0x05), DropReason::kIp4Malformed},
       {"header of 0 bytes", with_byte(frame, 0, 0x40), DropReason::kIp4Malformed},
       {"header of 16 bytes", with_byte(frame, 0, 0x44), DropReason::kIp4Malformed},
       {"header longer than the packet", with_byte(frame, 0, 0x4f), DropReason::kIp4Malformed},
       {"total length 0", with_byte(frame, 3, 0), DropReason::kIp4Malformed},
       {"total length shorter than the header", with_byte(frame, 3, 19), DropReason::kIp4Malformed},
       {"total length one more than received", with_byte(frame, 3, length + 1),
        DropReason::kIp4Malformed},
       {"total length 65280 more", with_byte(frame, 2, 0xff), DropReason::kIp4Malformed}});
}

TEST_F(Ip4ForwardTest, DropsWrongHeaderChecksums) {
  const Bytes frame = packet({.ttl = 77, .options = {1, 1, 1, 0}});
  for (std::size_t at = 1; at < 24; ++at) {
    if (at == 2 || at == 3) continue;  // the total length is looked at first
    SCOPED_TRACE(at);
    Bytes flipped = frame;
    flipped[kEthernetLength + at] ^= 0x10;
    expect_dropped(kBlueA, flipped, DropReason::kIp4Checksum);
  }
  for (const std::uint16_t checksum : {0x0000, 0xffff}) {
    Bytes fixed = frame;
    store_be16(&fixed[kEthernetLength + ip4::kChecksum], checksum);
    expect_dropped(kBlueA, fixed, DropReason::kIp4Checksum);
  }
}

TEST_F(Ip4ForwardTest, AcceptsBothZerosOfTheHeaderChecksum) {
  Bytes frame = packet({});
  // The identification makes the other words add up to 0xffff, so the checksum is 0, or 0xffff.
  const std::uint16_t checksum = load_be16(&frame[kEthernetLength + ip4::kChecksum]);
  store_be16(&frame[kEthernetLength + 4], checksum);
  store_be16(&frame[kEthernetLength + ip4::kChecksum], 0);
  expect_forwarded(kBlueA, frame, kBlueB);
  store_be16(&frame[kEthernetLength + ip4::kChecksum], 0xffff);
  expect_forwarded(kBlueA, frame, kBlueB);
}

TEST_F(Ip4ForwardTest, ForwardsOptionsOtherThanSourceRoutes) {
  const std::vector<OptionCase> cases = {
      {"end of list", {0, 0, 0, 0}},
      {"no operation", {1, 1, 1, 1}},
      {"router alert", {148, 4, 0, 0}},
      {"record route", {7, 7, 4, 0, 0, 0, 0, 0}},
      {"timestamp", {68, 8, 5, 0, 0, 0, 0, 0}},
      {"source route behind the end of the list", {0, 2, 131, 7, 4, 0, 0, 0}},
      {"source route inside another option", {148, 4, 131, 4}},
      {"forty bytes", Bytes(40, 1)},
  };
  for (const OptionCase& c : cases) {
    SCOPED_TRACE(c.description);
    expect_forwarded(kBlueA, packet({.options = c.options}), kBlueB);
  }
}

// RFC 1812 5.2.2 does not have a router validate options; what the receiver makes of these is
// discarded there (RFC 1122 3.2.1.8).
TEST_F(Ip4ForwardTest, PointsAtMalformedOptions) {
  const std::vector<OptionCase> cases = {
      {"length 0", {7, 0, 0, 0}},       {"length 1", {7, 1, 131, 4}},
      {"length missing", {1, 1, 1, 7}}, {"longer than the header", {7, 40, 4, 0}},
      {"length 255", {148, 255, 0, 0}},
  };
  for (const OptionCase& c : cases) {
    SCOPED_TRACE(c.description);
    const Bytes frame = packet({.options = c.options});
    const std::uint32_t pointer = c.options[0] == 1 ? 23 : 20;  // behind three no operations
    expect_refused(
        kBlueA, frame, DropReason::kIp4Malformed,
        icmp4_error_to(kBlueA, kBlueGateway4, icmp4::kParameterProblem, 0, pointer << 24, frame));
  }
}

TEST_F(Ip4ForwardTest, DropsSourceRoutes) {
  const std::vector<OptionCase> cases = {
      {"loose", {131, 7, 4, 10, 1, 0, 3, 0}},
      {"strict", {137, 7, 4, 10, 1, 0, 3, 0}},
      {"used up", {131, 7, 8, 10, 1, 0, 3, 0}},
      {"behind no operations", {1, 1, 1, 131, 3, 4, 0, 0}},
      {"behind another option", {148, 4, 0, 0, 137, 3, 4, 0}},
      {"malformed", {131, 0, 0, 0}},
      {"its length missing", {1, 1, 1, 137}},
  };
  for (const OptionCase& c : cases) {
    SCOPED_TRACE(c.description);
    expect_dropped(kBlueA, packet({.options = c.options}), DropReason::kIp4SourceRoute);
  }
}

TEST_F(Ip4ForwardTest, DropsMulticastDestinations) {
  for (const Ip4 destination : {ip4_address(224, 0, 0, 1), ip4_address(239, 255, 255, 255)})
    expect_dropped(kBlueA, to_destination(destination), DropReason::kMulticast);
}

TEST_F(Ip4ForwardTest, DropsMartianDestinationsWhateverTheRoutesSay) {
  TestNetwork::add_route4(net.blue, 0, 0, kBlueB);
  const DropReason martian = DropReason::kIp4Martian;
  expect_all_dropped(kBlueA,
                     {{"unspecified", to_destination(0), martian},
                      {"this network", to_destination(ip4_address(0, 255, 255, 255)), martian},
                      {"loopback", to_destination(ip4_address(127, 0, 0, 1)), martian},
                      {"loopback end", to_destination(ip4_address(127, 255, 255, 255)), martian},
                      {"link-local", to_destination(ip4_address(169, 254, 169, 254)), martian},
                      {"class E", to_destination(ip4_address(240, 0, 0, 1)), martian},
                      {"broadcast", to_destination(ip4_address(255, 255, 255, 255)), martian}});
  for (const Ip4 neighbour : {ip4_address(1, 0, 0, 0), ip4_address(126, 255, 255, 255),
                              ip4_address(128, 0, 0, 0), ip4_address(169, 253, 255, 255),
                              ip4_address(169, 255, 0, 0), ip4_address(223, 255, 255, 255)})
    expect_forwarded(kBlueA, to_destination(neighbour), kBlueB);
}

TEST_F(Ip4ForwardTest, DropsSpoofedSources) {
  const std::vector<SourceCase> cases = {
      {"the other pod", kBlueB.ip4},
      {"the gateway", kBlueGateway4},
      {"a pod of another network", kRedC.ip4},
      {"somebody", kNowhere},
      {"unspecified", 0},
      {"loopback", ip4_address(127, 0, 0, 1)},
      {"broadcast", ip4_address(255, 255, 255, 255)},
      {"multicast", ip4_address(224, 0, 0, 1)},
  };
  for (const SourceCase& c : cases) {
    SCOPED_TRACE(c.description);
    expect_dropped(kBlueA, from_source(c.source), DropReason::kSourceAddress);
  }
}

TEST_F(Ip4ForwardTest, AcceptsSourcesOfAPrefixRoutedToThePort) {
  TestNetwork::add_route4(net.blue, kRouted, 24, kBlueA);
  TestNetwork::add_route4(net.blue, kRouted + 64, 26, kBlueB);
  expect_forwarded(kBlueA, from_source(kRouted + 1), kBlueB);
  expect_forwarded(kBlueA, from_source(kRouted + 128), kBlueB);
  expect_dropped(kBlueA, from_source(kRouted + 65), DropReason::kSourceAddress);
  expect_dropped(kBlueA, from_source(kRouted + 256), DropReason::kSourceAddress);
}

TEST_F(Ip4ForwardTest, DropsMartianSourcesBehindADefaultRoute) {
  TestNetwork::add_route4(net.blue, 0, 0, kBlueA);
  expect_forwarded(kBlueA, from_source(kNowhere), kBlueB);
  const std::vector<SourceCase> cases = {
      {"unspecified", 0},
      {"loopback", ip4_address(127, 0, 0, 1)},
      {"link-local", ip4_address(169, 254, 1, 1)},
      {"multicast", ip4_address(224, 0, 0, 5)},
      {"class E", ip4_address(240, 0, 0, 1)},
      {"broadcast", ip4_address(255, 255, 255, 255)},
  };
  for (const SourceCase& c : cases) {
    SCOPED_TRACE(c.description);
    expect_dropped(kBlueA, from_source(c.source), DropReason::kSourceAddress);
  }
}

TEST_F(Ip4ForwardTest, KnowsNoSourceOfAPodWithoutIp4) {
  net.reconfigure(kBlueB, [](PortConfig& config) {
    config.has_ip4 = false;
    config.peer_ip4 = 0;
  });
  net.blue.fib4.erase(std::array<std::uint8_t, 4>{10, 1, 0, 3}.data(), 32);
  expect_dropped(kBlueB, udp4(kBlueB, kBlueA.ip4), DropReason::kSourceAddress);
  Bytes unspecified = udp4(kBlueB, kBlueA.ip4);
  store_be32(&unspecified[kEthernetLength + ip4::kSource], 0);
  seal_ip4(unspecified, kEthernetLength);
  expect_dropped(kBlueB, unspecified, DropReason::kSourceAddress);
}

}  // namespace

}  // namespace millrace
