#include "graph/flow_hash.hpp"

#include <gtest/gtest.h>

#include <set>

#include "graph/test_packets.hpp"

namespace millrace {

namespace {

Packet packet_of(Bytes& frame) {
  Packet packet;
  packet.data = frame.data();
  packet.length = static_cast<std::uint32_t>(frame.size());
  return packet;
}

struct Flow {
  Ip4 source = ip4_address(10, 1, 0, 2);
  std::uint16_t source_port = 4000;
  std::uint16_t fragment = 0;
  std::uint8_t protocol = kProtoUdp;
  Bytes options{};
};

std::uint32_t hash4(const Flow& flow, std::size_t data = 18) {
  Bytes payload = udp(counting(data));
  store_be16(payload.data(), flow.source_port);
  Bytes frame = ethernet({}, {}, kEtherTypeIp4,
                         ip4_packet({.source = flow.source,
                                     .destination = ip4_address(10, 2, 0, 2),
                                     .protocol = flow.protocol,
                                     .fragment = flow.fragment,
                                     .options = flow.options},
                                    payload));
  return flow_hash4(packet_of(frame), static_cast<std::uint32_t>(20 + flow.options.size()));
}

std::uint32_t hash6(std::uint16_t source_port, const Bytes& extensions, std::uint8_t first) {
  Bytes payload = udp(counting(18));
  store_be16(payload.data(), source_port);
  Bytes frame = ethernet({}, {}, kEtherTypeIp6,
                         ip6_packet({.source = ip6_address({0xfd00, 1, 0, 0, 0, 0, 0, 2}),
                                     .destination = ip6_address({0xfd00, 2, 0, 0, 0, 0, 0, 2}),
                                     .next = first},
                                    join({extensions, payload})));
  return flow_hash6(packet_of(frame));
}

TEST(FlowHashTest, IsTheSameForEveryPacketOfAFlow) {
  EXPECT_EQ(hash4({}, 18), hash4({}, 900));
  EXPECT_EQ(hash4({}), hash4({.options = {1, 1, 1, 1}})) << "options do not hide the ports";
  EXPECT_EQ(hash6(4000, {}, kProtoUdp), hash6(4000, extension(kProtoUdp), 0))
      << "nor does a hop-by-hop header";
}

TEST(FlowHashTest, DiffersBetweenFlows) {
  EXPECT_NE(hash4({}), hash4({.source_port = 4001}));
  EXPECT_NE(hash4({}), hash4({.source = ip4_address(10, 1, 0, 3)}));
  EXPECT_NE(hash4({}), hash4({.protocol = kProtoTcp}));
  EXPECT_NE(hash6(4000, {}, kProtoUdp), hash6(4001, {}, kProtoUdp));
}

TEST(FlowHashTest, KeepsAllFragmentsOfAPacketTogether) {
  const std::uint32_t first = hash4({.source_port = 4000, .fragment = ip4::kMoreFragments});
  EXPECT_EQ(first, hash4({.source_port = 9, .fragment = ip4::kMoreFragments | 100}));
  EXPECT_EQ(first, hash4({.source_port = 10, .fragment = 200}));
}

TEST(FlowHashTest, TakesNoPortsFromOtherProtocols) {
  EXPECT_EQ(hash4({.source_port = 1, .protocol = kProtoIcmp}),
            hash4({.source_port = 2, .protocol = kProtoIcmp}));
}

TEST(FlowHashTest, SpreadsFlowsThatDifferByAPortOverAllBuckets) {
  std::array<int, 8> buckets{};
  for (std::uint16_t port = 4000; port < 4800; ++port) ++buckets[hash4({.source_port = port}) % 8];
  for (const int count : buckets) {
    EXPECT_GT(count, 60);
    EXPECT_LT(count, 140);
  }
}

}  // namespace

}  // namespace millrace
