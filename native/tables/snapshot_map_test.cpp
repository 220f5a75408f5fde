// How long the way to a key is: tables of addresses of one subnet are the common case.
#include "tables/snapshot_map.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tables/host_table.hpp"
#include "tables/vxlan.hpp"

namespace millrace {

namespace {

using Map = SnapshotMap<std::uint32_t, int, VniHash>;

TEST(SnapshotMapTest, ShowsChangesWhenTheyArePublished) {
  Map map;
  map.set(7, 70);
  EXPECT_EQ(map.find(7), nullptr);
  map.publish();
  ASSERT_NE(map.find(7), nullptr);
  EXPECT_TRUE(map.erase(7));
  EXPECT_FALSE(map.erase(7));
  EXPECT_EQ(*map.find(7), 70);
  map.publish();
  EXPECT_EQ(map.find(7), nullptr);
  EXPECT_TRUE(map.has_retired());
  map.reclaim();
  EXPECT_FALSE(map.has_retired());
}

// Of 65,536 places, by the bits that a table of 32,768 entries uses.
template <class Hash>
std::size_t places(Hash hash) {
  std::set<std::size_t> used;
  for (std::uint32_t i = 0; i < 32768; ++i) used.insert(hash(i) & 0xffff);
  return used.size();
}

// As random numbers would: 65,536 * (1 - exp(-1/2)) = 25,787.
TEST(SnapshotMapTest, SpreadsAddressesOfOneSubnet) {
  const VtepAddressHash hash;
  const auto ip4 = [&](std::uint32_t i) { return hash(IpAddress::of(Ip4{0x0a000000u + i})); };
  const auto ip6 = [&](std::uint32_t i) {
    Ip6 address{{0xfd}};
    store_be32(address.bytes.data() + 12, i);
    return hash(IpAddress::of(address));
  };
  const auto mapped = [&](std::uint32_t i) {
    return hash(IpAddress::of(HostTable::mapped(0x0a000000u + i)));
  };
  for (const std::size_t used : {places(ip4), places(ip6), places(mapped), places(VniHash{})}) {
    EXPECT_GT(used, 25000u);
    EXPECT_LT(used, 26600u);
  }
}

}  // namespace

}  // namespace millrace
