// RFC 6040 figure 4, all sixteen cases.
#include "graph/ecn.hpp"

#include <gtest/gtest.h>

#include "graph/test_packets.hpp"

namespace millrace {

namespace {

TEST(EcnTest, CombinesBothHeadersAsTheTableSays) {
  constexpr int kDropped = -1;
  // [inner][outer], in the order of the code points: Not-ECT, ECT(1), ECT(0), CE.
  constexpr int kTable[4][4] = {{kNotEct, kNotEct, kNotEct, kDropped},
                                {kEct1, kEct1, kEct1, kCongestion},
                                {kEct0, kEct1, kEct0, kCongestion},
                                {kCongestion, kCongestion, kCongestion, kCongestion}};
  for (std::uint8_t inner = 0; inner < 4; ++inner)
    for (std::uint8_t outer = 0; outer < 4; ++outer) {
      std::uint8_t result = inner;
      const bool kept = combine_ecn(outer, result);
      EXPECT_EQ(kept ? result : kDropped, kTable[inner][outer]) << +inner << " in " << +outer;
    }
}

TEST(EcnTest, KeepsTheIp4ChecksumRight) {
  for (std::uint32_t i = 0; i < 4096; ++i) {
    Bytes packet = ip4_packet({.source = i * 2654435761u, .destination = i}, counting(8));
    packet[1] = static_cast<std::uint8_t>(0xb8 | (i & 3));
    seal_ip4(packet);
    set_ecn4(packet.data(), static_cast<std::uint8_t>((i >> 2) & 3));
    EXPECT_EQ(packet[1], 0xb8 | ((i >> 2) & 3));
    EXPECT_EQ(reference_sum(std::span(packet).first(20)), 0xffff);
  }
}

TEST(EcnTest, LeavesTheRestOfTheIp6HeaderAlone) {
  Bytes packet = ip6_packet({.source = {}, .destination = {}}, {});
  store_be32(packet.data(), 0x6b8abcdeu);
  set_ecn6(packet.data(), kCongestion);
  EXPECT_EQ(load_be32(packet.data()), 0x6bbabcdeu);
  EXPECT_EQ(traffic_class6(packet.data()), 0xbb);
}

}  // namespace

}  // namespace millrace
