#include "tables/next_hops.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace millrace {

namespace {

constexpr std::uint16_t kPod = 0, kUplink = 1, kOther = 2;
constexpr std::uint32_t kFirst = kFirstAdjacency + 8;

NextHop via(std::uint16_t port, std::uint8_t last, std::uint32_t weight = 1) {
  return {.port = port,
          .has_address = true,
          .address = IpAddress::of(0xc0000200u + last),
          .weight = weight};
}

class NextHopsTest : public ::testing::Test {
 protected:
  NextHopsTest() {
    next_hops.add_port({.index = kPod, .peer_mac = {{2, 0, 0, 0, 0, 9}}}, {});
    for (const std::uint16_t port : {kUplink, kOther})
      next_hops.add_port({.index = port, .uplink = true, .mtu = 9000, .mac = mac(100)}, {});
  }
  static Mac mac(std::uint8_t last) { return {{2, 0, 0, 0, 0, last}}; }
  void resolve(std::uint16_t port, std::uint8_t last, std::uint8_t to) {
    const Mac known = mac(to);
    next_hops.set_mac(port, IpAddress::of(0xc0000200u + last), true, &known);
  }
  void forget(std::uint16_t port, std::uint8_t last) {
    next_hops.set_mac(port, IpAddress::of(0xc0000200u + last), true, nullptr);
  }
  std::uint32_t acquire(const std::vector<NextHop>& hops) { return next_hops.acquire(hops); }
  std::uint32_t buckets_of(std::uint32_t group, std::uint32_t member) {
    const auto& buckets = table[group].group->buckets;
    return static_cast<std::uint32_t>(std::count(buckets.begin(), buckets.end(), member));
  }

  AdjacencyTable table{kFirst};
  NextHops next_hops{table, 4};
};

TEST_F(NextHopsTest, ANeighbourIsOneAdjacencyForAllRoutes) {
  const std::uint32_t number = acquire({via(kUplink, 1)});
  EXPECT_EQ(acquire({via(kUplink, 1)}), number);
  EXPECT_EQ(table[number].kind, AdjacencyKind::kUnresolved);
  resolve(kUplink, 1, 5);
  EXPECT_EQ(table[number].kind, AdjacencyKind::kRewrite);
  EXPECT_EQ(table[number].destination, mac(5));
  EXPECT_EQ(table[number].source, mac(100));
  EXPECT_EQ(table[number].mtu, 9000u);
  resolve(kUplink, 1, 6);
  EXPECT_EQ(table[number].destination, mac(6));
}

TEST_F(NextHopsTest, ANumberIsFreeAgainAfterItsLastRouteAndAReclaim) {
  const std::uint32_t number = acquire({via(kUplink, 1)});
  next_hops.hold(number);
  next_hops.release(number);
  EXPECT_EQ(table[number].kind, AdjacencyKind::kUnresolved);
  next_hops.release(number);
  EXPECT_EQ(table[number].kind, AdjacencyKind::kUnresolved) << "a worker may be on its way there";
  EXPECT_NE(acquire({via(kUplink, 2)}), number);
  next_hops.reclaim();
  EXPECT_EQ(table[number].kind, AdjacencyKind::kNone);
  EXPECT_EQ(acquire({via(kUplink, 3)}), number);
}

TEST_F(NextHopsTest, BehindAPodPortEveryAddressIsThePod) {
  const std::uint32_t number = acquire({via(kPod, 1)});
  EXPECT_EQ(table[number].kind, AdjacencyKind::kRewrite);
  EXPECT_EQ(table[number].destination, mac(9));
}

TEST_F(NextHopsTest, GroupsWithTheSameMembersAreOne) {
  const std::uint32_t group = acquire({via(kUplink, 1), via(kOther, 2, 3)});
  EXPECT_EQ(acquire({via(kOther, 2, 3), via(kUplink, 1)}), group);
  EXPECT_NE(acquire({via(kOther, 2, 2), via(kUplink, 1)}), group);
  EXPECT_EQ(table[group].kind, AdjacencyKind::kGroup);
}

TEST_F(NextHopsTest, AGroupDoesNotUseUnresolvedMembersWhileOneIsResolved) {
  const std::uint32_t one = acquire({via(kUplink, 1)}), two = acquire({via(kOther, 2)});
  const std::uint32_t group = acquire({via(kUplink, 1), via(kOther, 2)});
  EXPECT_EQ(buckets_of(group, one), 64u) << "somebody has to be asked for";
  resolve(kUplink, 1, 5);
  EXPECT_EQ(buckets_of(group, one), 128u);
  resolve(kOther, 2, 6);
  EXPECT_EQ(buckets_of(group, two), 64u);
  forget(kUplink, 1);
  EXPECT_EQ(buckets_of(group, two), 128u);
}

TEST_F(NextHopsTest, AGroupDoesNotUseAPortThatIsDown) {
  const std::uint32_t two = acquire({via(kOther, 2)});
  const std::uint32_t group = acquire({via(kUplink, 1), via(kOther, 2)});
  resolve(kUplink, 1, 5);
  next_hops.set_port_up(kUplink, false);
  EXPECT_EQ(buckets_of(group, two), 128u);
  EXPECT_EQ(table[acquire({via(kUplink, 1)})].kind, AdjacencyKind::kUnreachable);
  next_hops.set_port_up(kUplink, true);
  EXPECT_EQ(buckets_of(group, two), 0u);
}

TEST_F(NextHopsTest, AGroupLetsGoOfItsMembersWithTheLastRoute) {
  const std::uint32_t before = table.in_use();
  const std::uint32_t group = acquire({via(kUplink, 1), via(kOther, 2)});
  EXPECT_EQ(table.in_use(), before + 3);
  next_hops.release(group);
  next_hops.reclaim();
  EXPECT_EQ(table.in_use(), before);
  EXPECT_EQ(next_hops.neighbour(kUplink, via(kUplink, 1).address), nullptr);
}

TEST_F(NextHopsTest, ACounterIsNotUsedAgainWhileWorkersMayCountThere) {
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < 4; ++i) numbers.push_back(next_hops.acquire_counted(acquire({via(kPod, 1)})));
  const std::uint32_t child = acquire({via(kPod, 1)});
  EXPECT_THROW(next_hops.acquire_counted(child), std::length_error);
  next_hops.release(numbers[0]);
  EXPECT_THROW(next_hops.acquire_counted(child), std::length_error);
  next_hops.reclaim();
  EXPECT_NO_THROW(next_hops.acquire_counted(child));
}

TEST_F(NextHopsTest, SaysWhenTheTableIsFullAndKeepsNothing) {
  while (table.in_use() < AdjacencyTable::kCapacity - kFirst - 1) table.allocate();
  EXPECT_THROW(acquire({via(kUplink, 1), via(kOther, 2)}), std::length_error);
  EXPECT_EQ(next_hops.neighbour(kUplink, via(kUplink, 1).address), nullptr);
  EXPECT_EQ(next_hops.neighbour(kOther, via(kOther, 2).address), nullptr);
  next_hops.reclaim();
  EXPECT_NO_THROW(acquire({via(kUplink, 1)}));
}

TEST_F(NextHopsTest, AGroupShrinksInPlaceWhenAPortGoes) {
  const std::uint32_t group = acquire({via(kUplink, 1), via(kOther, 2)});
  next_hops.leave_groups(kUplink);
  EXPECT_FALSE(next_hops.leads_nowhere(group, kUplink));
  EXPECT_FALSE(next_hops.port_in_use(kUplink));
  EXPECT_EQ(next_hops.describe(group).hops.size(), 1u);
  next_hops.leave_groups(kOther);
  EXPECT_TRUE(next_hops.leads_nowhere(group, kOther));
}

}  // namespace

}  // namespace millrace
