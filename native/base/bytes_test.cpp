#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace millrace {

namespace {

TEST(BytesTest, LoadsAndStoresBigEndianAtAnyAlignment) {
  std::array<std::uint8_t, 16> memory{};
  for (std::size_t at = 0; at < 8; ++at) {
    store_be32(&memory[at], 0x01020304);
    EXPECT_EQ(memory[at], 1);
    EXPECT_EQ(memory[at + 3], 4);
    EXPECT_EQ(load_be32(&memory[at]), 0x01020304u);
    EXPECT_EQ(load_be16(&memory[at + 1]), 0x0203u);
    store_be16(&memory[at], 0xfffe);
    EXPECT_EQ(load_be32(&memory[at]), 0xfffe0304u);
  }
}

TEST(BytesTest, ComparesMacAddressesByteByByte) {
  const Mac mac{{1, 2, 3, 4, 5, 6}};
  for (std::size_t i = 0; i < 6; ++i) {
    Mac other = mac;
    other.bytes[i] ^= 0x80;
    EXPECT_FALSE(equals(other.bytes.data(), mac));
  }
  EXPECT_TRUE(equals(mac.bytes.data(), mac));
}

TEST(BytesTest, OrdersIp6AddressesAsNumbers) {
  Ip6 low;
  Ip6 high;
  low.bytes[15] = 0xff;
  high.bytes[0] = 1;
  EXPECT_LT(low, high);
  EXPECT_EQ(load_ip6(low.bytes.data()), low);
}

}  // namespace

}  // namespace millrace
