#include "base/checksum.hpp"

#include <gtest/gtest.h>

#include <random>

#include "graph/test_packets.hpp"

namespace millrace {

namespace {

Bytes random_bytes(std::mt19937& random, std::size_t length) {
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// base/checksum.hpp sums in memory order, the reference in network order.
std::uint16_t network_order(std::uint16_t folded) {
  return __builtin_bswap16(folded);
}

TEST(ChecksumTest, SumsTheExampleOfRfc1071) {
  const Bytes data = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(network_order(checksum_fold(checksum_add(0, data.data(), 8))), 0xddf2);
}

TEST(ChecksumTest, AgreesWithTheTextbookForEveryLengthAndAlignment) {
  std::mt19937 random(1);
  for (std::uint32_t length = 0; length < 300; ++length) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      const Bytes memory = random_bytes(random, offset + length);
      const std::uint16_t folded = checksum_fold(checksum_add(0, memory.data() + offset, length));
      ASSERT_EQ(network_order(folded), reference_sum(std::span(memory).subspan(offset)))
          << length << " bytes at offset " << offset;
    }
  }
}

TEST(ChecksumTest, CarriesOverLongRunsOfOnes) {
  const Bytes ones(9000, 0xff);
  EXPECT_EQ(checksum_fold(checksum_add(0, ones.data(), 9000)), 0xffff);
  EXPECT_EQ(checksum_fold(checksum_add(UINT32_MAX, ones.data(), 9000)), 0xffff);
}

TEST(ChecksumTest, FoldsWithoutLosingACarry) {
  EXPECT_EQ(checksum_fold(0), 0);
  EXPECT_EQ(checksum_fold(0x10000), 1);
  EXPECT_EQ(checksum_fold(0x1fffe), 0xffff);
  EXPECT_EQ(checksum_fold(UINT64_MAX), 0xffff);
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t sum = random() >> (random() % 64);
    const std::uint64_t expected = sum == 0 ? 0 : (sum - 1) % 0xffff + 1;
    ASSERT_EQ(checksum_fold(sum), expected) << sum;
  }
}

TEST(ChecksumTest, SumsThePseudoHeadersOfBothFamilies) {
  std::mt19937 random(3);
  for (int i = 0; i < 1000; ++i) {
    const Bytes addresses = random_bytes(random, 32);
    const auto protocol = static_cast<std::uint8_t>(random());
    const auto length = static_cast<std::uint16_t>(random());
    const std::uint8_t high = static_cast<std::uint8_t>(length >> 8);
    const std::uint8_t low = static_cast<std::uint8_t>(length & 0xff);
    const Bytes pseudo4 =
        join({{addresses.begin(), addresses.begin() + 8}, {0, protocol, high, low}});
    const Bytes pseudo6 = join({addresses, {0, 0, high, low, 0, 0, 0, protocol}});
    EXPECT_EQ(
        network_order(checksum_fold(pseudo_header_sum(addresses.data(), 8, protocol, length))),
        reference_sum(pseudo4));
    EXPECT_EQ(
        network_order(checksum_fold(pseudo_header_sum(addresses.data(), 32, protocol, length))),
        reference_sum(pseudo6));
  }
}

// Every checksum there is, so that all carries and both zeros are among them.
TEST(ChecksumTest, DecrementsTheTtlAsIfTheHeaderWereSummedAnew) {
  for (const std::uint8_t ttl : {1, 2, 64, 128, 255}) {
    for (std::uint32_t id = 0; id <= 0xffff; ++id) {
      Bytes packet = ip4_packet({.source = 0x0a010002, .destination = 0x0a010003, .ttl = ttl}, {});
      store_be16(&packet[4], static_cast<std::uint16_t>(id));
      seal_ip4(packet);
      decrement_ttl(&packet[ip4::kTtl], &packet[ip4::kChecksum]);
      Bytes expected = packet;
      seal_ip4(expected);
      ASSERT_EQ(packet, expected) << "TTL " << int{ttl} << ", identification " << id;
    }
  }
}

TEST(Crc32cTest, GivesTheExamplesOfRfc3720) {
  Bytes descending(32);
  for (std::size_t i = 0; i < 32; ++i) descending[i] = static_cast<std::uint8_t>(31 - i);
  EXPECT_EQ(crc32c(Bytes(32, 0x00).data(), 32), 0x8a9136aau);
  EXPECT_EQ(crc32c(Bytes(32, 0xff).data(), 32), 0x62a8ab43u);
  EXPECT_EQ(crc32c(counting(32).data(), 32), 0x46dd794eu);
  EXPECT_EQ(crc32c(descending.data(), 32), 0x113fdb5cu);
}

TEST(Crc32cTest, GivesTheCustomaryCheckValue) {
  const Bytes digits = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  EXPECT_EQ(crc32c(digits.data(), 9), 0xe3069283u);
  EXPECT_EQ(crc32c(digits.data(), 0), 0u);
}

TEST(Crc32cTest, AgreesWithTheTextbookForEveryLengthAndAlignment) {
  std::mt19937 random(4);
  for (std::uint32_t length = 0; length < 100; ++length) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      const Bytes memory = random_bytes(random, offset + length);
      ASSERT_EQ(crc32c(memory.data() + offset, length),
                reference_crc32c(std::span(memory).subspan(offset)))
          << length << " bytes at offset " << offset;
    }
  }
}

}  // namespace

}  // namespace millrace
