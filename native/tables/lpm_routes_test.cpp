// The table as a store of routes, and what it costs.
#include <algorithm>

#include "tables/lpm_reference.hpp"

namespace millrace {

namespace {

using Lengths = std::vector<std::uint32_t>;

class LpmRoutesTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void insert(const LpmPrefix& prefix, std::uint32_t value, std::uint32_t tag = 0) {
    table_.insert(prefix.address.data(), prefix.length, value, tag);
  }
  Lpm table_{GetParam()};
};

TEST_P(LpmRoutesTest, FindsARouteWithItsValueAndTag) {
  insert({{10, 1}, 16}, 7, 0xdeadbeef);
  const auto route = table_.find(LpmAddress{10, 1}.data(), 16);
  ASSERT_TRUE(route);
  EXPECT_EQ(route->prefix, (LpmAddress{10, 1}));
  EXPECT_EQ(route->length, 16u);
  EXPECT_EQ(route->value, 7u);
  EXPECT_EQ(route->tag, 0xdeadbeefu);
  EXPECT_FALSE(table_.find(LpmAddress{10, 1}.data(), 17));
  EXPECT_FALSE(table_.find(LpmAddress{10}.data(), 8));
}

TEST_P(LpmRoutesTest, ReplacesTheTagOfARouteAlone) {
  insert({{10, 1}, 16}, 7, 1);
  EXPECT_TRUE(table_.set_tag(LpmAddress{10, 1}.data(), 16, 2));
  EXPECT_FALSE(table_.set_tag(LpmAddress{10, 1}.data(), 15, 2));
  EXPECT_EQ(table_.find(LpmAddress{10, 1}.data(), 16)->tag, 2u);
  EXPECT_EQ(table_.find(LpmAddress{10, 1}.data(), 16)->value, 7u);
  EXPECT_EQ(table_.size(), 1u);
}

TEST_P(LpmRoutesTest, MatchesTheMostSpecificRouteThatCoversAnAddress) {
  insert({{}, 0}, 1);
  insert({{10}, 8}, 2);
  insert({{10, 1, 2}, 24}, 3);
  insert({{10, 1, 1}, 24}, 4);
  EXPECT_EQ(table_.match(LpmAddress{10, 1, 2, 3}.data())->value, 3u);
  EXPECT_EQ(table_.match(LpmAddress{10, 1, 3}.data())->length, 8u);
  EXPECT_EQ(table_.match(LpmAddress{11}.data())->length, 0u);
  EXPECT_EQ(lookup_in(table_, {11}, GetParam()), 1u);
}

TEST_P(LpmRoutesTest, WalksInOrderOfAddressAndShorterPrefixesFirst) {
  insert({{10, 1}, 16}, 1);
  insert({{10}, 16}, 2);
  insert({{9}, 8}, 3);
  insert({{10}, 8}, 4);
  std::vector<std::uint32_t> values;
  table_.walk([&](const Lpm::Route& route) { values.push_back(route.value); });
  EXPECT_EQ(values, (std::vector<std::uint32_t>{3, 4, 2, 1}));
}

TEST_P(LpmRoutesTest, ListsTheRoutesInsideAPrefix) {
  for (const std::uint32_t length : {0u, 8u, 16u, 24u}) insert({{}, length}, 1);
  insert({{0, 1}, 16}, 1);
  insert({{1}, 8}, 1);
  Lengths lengths;
  table_.for_each_within(LpmAddress{}.data(), 15,
                         [&](const auto& r) { lengths.push_back(r.length); });
  EXPECT_EQ(lengths, (Lengths{16, 24, 16}));
}

TEST_P(LpmRoutesTest, KeepsEveryRouteThroughManyChanges) {
  LpmRandom random(lpm_test_seed(), GetParam());
  std::map<std::pair<LpmAddress, std::uint32_t>, std::uint32_t> expected;
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const LpmPrefix prefix = random.prefix({{{10}, 8}});
    insert(prefix, 1 + i);
    expected[{prefix.address, prefix.length}] = 1 + i;
    if (i % 256 == 0) table_.reclaim();
    if (i % 3 != 0) continue;
    auto gone = expected.lower_bound({random.address(), 0});
    if (gone == expected.end()) gone = expected.begin();
    ASSERT_TRUE(table_.erase(gone->first.first.data(), gone->first.second));
    expected.erase(gone);
  }
  auto next = expected.begin();
  table_.walk([&](const Lpm::Route& route) {
    ASSERT_NE(next, expected.end());
    EXPECT_EQ(route.prefix, next->first.first);
    EXPECT_EQ(route.length, next->first.second);
    EXPECT_EQ(route.value, next->second);
    ++next;
  });
  EXPECT_EQ(next, expected.end());
  EXPECT_EQ(table_.size(), expected.size());
}

TEST_P(LpmRoutesTest, CostsLittleWithoutRoutesOrWithADefaultRouteOnly) {
  EXPECT_LE(table_.memory_bytes(), 64u << 10);
  insert({{}, 0}, 1);
  EXPECT_LE(table_.memory_bytes(), 64u << 10);
  EXPECT_EQ(lookup_in(table_, {200, 1}, GetParam()), 1u);
}

// The contract of reclaim(): nothing that was taken out is used again before it.
TEST_P(LpmRoutesTest, ReusesMemoryAfterReclaimOnly) {
  const LpmPrefix prefix{{10, 1, 2, 3}, GetParam() * 8};
  const auto change = [&](std::uint32_t times) {
    for (std::uint32_t i = 0; i < times; ++i) insert(prefix, 1 + i % 2);
  };
  change(100000);
  const std::size_t unreclaimed = table_.memory_bytes();
  table_.reclaim();
  change(50000);
  table_.reclaim();
  change(50000);
  EXPECT_LE(table_.memory_bytes(), unreclaimed);
  EXPECT_GE(unreclaimed, 100000u * 16) << "each change leaves blocks to readers";
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, LpmRoutesTest, ::testing::Values(4u, 16u),
                         [](const auto& family) {
                           return family.param == 4 ? std::string("Ip4") : std::string("Ip6");
                         });

TEST(LpmScaleTest, HoldsAMillionRoutesIn64MiB) {
  Lpm table(4);
  LpmRandom random(lpm_test_seed(), 4);
  std::uint8_t bytes[4];
  // Runs of neighbours of /24 in random places, some of them inside shorter ones.
  while (table.size() < 1'000'000) {
    std::uint32_t address = (random.below(223) + 1) << 24 | random.below(1u << 16) << 8;
    const std::uint32_t length = random.below(10) < 6 ? 24 : 16 + random.below(8);
    address &= ~0u << (32 - length);
    for (std::uint32_t run = 1 + random.below(4); run > 0; --run) {
      store_be32(bytes, address);
      table.insert(bytes, length, 1 + random.below(1000));
      address += 1u << (32 - length);
    }
    table.reclaim();
  }
  EXPECT_LE(table.memory_bytes(), 64u << 20);
  std::cout << table.memory_bytes() << " bytes for a million routes" << std::endl;
}

}  // namespace

}  // namespace millrace
