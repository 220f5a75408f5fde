// A million lookups per family in random tables that change all the time, against the reference.
#include <algorithm>

#include "tables/lpm_reference.hpp"

namespace millrace {

namespace {

class LpmDifferentialTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  static constexpr std::uint32_t kRounds = 80;
  static constexpr std::uint32_t kChanges = 250;
  static constexpr std::uint32_t kBursts = 200;  // of 64 lookups

  // The table grows for the first half of the rounds, then shrinks.
  void change(std::uint32_t round) {
    const bool grow = random_.below(4) < (round < kRounds / 2 ? 3u : 1u);
    if (grow || prefixes_.empty()) {
      const LpmPrefix prefix = random_.prefix(prefixes_);
      // Few values, so that neighbours are often equal.
      const std::uint32_t value =
          random_.below(2) == 0 ? 1 + random_.below(3) : 1 + random_.below(Lpm::kMaxValue);
      table_.insert(prefix.address.data(), prefix.length, value);
      reference_.insert(prefix, value);
      prefixes_.push_back(prefix);
    } else {
      LpmPrefix& any = prefixes_[random_.below(static_cast<std::uint32_t>(prefixes_.size()))];
      ASSERT_EQ(table_.erase(any.address.data(), any.length), reference_.erase(any));
      any = prefixes_.back();
      prefixes_.pop_back();
    }
  }
  LpmAddress key() {
    if (prefixes_.empty() || random_.below(8) == 0) return random_.address();
    const LpmPrefix& any = prefixes_[random_.below(static_cast<std::uint32_t>(prefixes_.size()))];
    LpmAddress key = random_.inside(any);
    if (random_.below(4) != 0) return key;
    const auto edge = static_cast<std::uint8_t>(random_.below(2) == 0 ? 0x00 : 0xff);
    for (std::uint32_t i = (any.length + 7) / 8; i < bytes_; ++i) key[i] = edge;
    return key;
  }
  void compare_burst(std::uint32_t count) {
    std::vector<LpmAddress> keys(count);
    std::ranges::generate(keys, [&] { return key(); });
    std::array<std::uint32_t, Lpm::kMaxBurst> values;
    if (bytes_ == 4) {
      std::vector<Ip4> addresses;
      for (const auto& address : keys) addresses.push_back(load_be32(address.data()));
      table_.lookup_burst(addresses.data(), values.data(), count);
    } else {
      std::vector<Ip6> addresses;
      for (const auto& address : keys) addresses.push_back(Ip6{address});
      table_.lookup_burst(addresses.data(), values.data(), count);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(values[i], reference_.lookup(keys[i]).value);
      ASSERT_EQ(lookup_in(table_, keys[i], bytes_), values[i]);
    }
  }
  void compare_match() {
    const LpmAddress address = key();
    const auto [value, length] = reference_.lookup(address);
    const auto match = table_.match(address.data());
    ASSERT_EQ(match.has_value(), value != Lpm::kNone);
    if (!match) return;
    ASSERT_EQ(match->value, value);
    ASSERT_EQ(match->length, length);
    ASSERT_EQ(match->prefix, without_host_bits(address, length));
  }

  const std::uint32_t bytes_ = GetParam();
  Lpm table_{bytes_};
  LpmReference reference_;
  LpmRandom random_{lpm_test_seed(), bytes_};
  std::vector<LpmPrefix> prefixes_;
};

TEST_P(LpmDifferentialTest, AgreesWithTheReferenceInAMillionLookups) {
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    for (std::uint32_t i = 0; i < kChanges; ++i) ASSERT_NO_FATAL_FAILURE(change(round));
    if (random_.below(2) == 0) table_.reclaim();
    for (std::uint32_t i = 0; i < kBursts; ++i)
      ASSERT_NO_FATAL_FAILURE(compare_burst(i == 0 ? random_.below(65) : 64));
    for (std::uint32_t i = 0; i < 100; ++i) ASSERT_NO_FATAL_FAILURE(compare_match());
    ASSERT_EQ(table_.size(), reference_.size());
  }
  for (const auto& prefix : prefixes_) table_.erase(prefix.address.data(), prefix.length);
  EXPECT_EQ(table_.size(), 0u);
  EXPECT_EQ(table_.nodes_in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, LpmDifferentialTest, ::testing::Values(4u, 16u),
                         [](const auto& family) {
                           return family.param == 4 ? std::string("Ip4") : std::string("Ip6");
                         });

}  // namespace

}  // namespace millrace
