#include "stamp.h"

#include <gtest/gtest.h>

#include <array>

namespace gen {
namespace {

uint32_t ones_complement_sum(const std::array<__u8, STAMP_BYTES>& bytes) {
  uint64_t sum = 0;
  for (size_t at = 0; at < bytes.size(); at += 2) sum += stamp_load16(&bytes[at]);
  return stamp_fold(sum);
}

TEST(StampTest, ReadsWhatWasWritten) {
  std::array<__u8, STAMP_BYTES> stamp{};
  write_stamp(stamp.data(), 0xbeef, 0x12345678, 0x0123456789abcdef);
  EXPECT_EQ(stamp_load16(stamp.data()), 0xbeefu);
  EXPECT_EQ(stamp_load32(&stamp[STAMP_SEQUENCE]), 0x12345678u);
  EXPECT_EQ(stamp_load64(&stamp[STAMP_TIME]), 0x0123456789abcdefu);
}

// So a checksum over zeros in its place stays right: 0xffff is zero in one's complement.
TEST(StampTest, AddsNothingToAnInternetChecksum) {
  std::array<__u8, STAMP_BYTES> stamp{};
  for (uint32_t i = 0; i < 100'000; i++) {
    write_stamp(stamp.data(), (i * 7919) & 0xffff, i * 2654435761u, i * 0x9e3779b97f4a7c15u);
    ASSERT_EQ(ones_complement_sum(stamp), 0xffffu);
  }
}

}  // namespace
}  // namespace gen
