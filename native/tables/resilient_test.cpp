#include "tables/resilient.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace millrace {

namespace {

using Members = std::vector<GroupMember>;

std::map<std::uint32_t, std::uint32_t> shares(const Group& group) {
  std::map<std::uint32_t, std::uint32_t> counts;
  for (const std::uint32_t owner : group.buckets) ++counts[owner];
  return counts;
}

double worth(const Members& members, const GroupMember& member) {
  double total = 0;
  for (const GroupMember& other : members) total += other.weight;
  return kGroupBuckets * member.weight / total;
}

std::uint32_t moved(const Group& before, const Group& after) {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < kGroupBuckets; ++i)
    count += before.buckets[i] != after.buckets[i] ? 1 : 0;
  return count;
}

Members random_members(std::mt19937& random, std::uint32_t max_weight) {
  Members members;
  const std::uint32_t count = 1 + random() % 24;
  for (std::uint32_t i = 0; i < count; ++i)
    members.push_back({100 + i, static_cast<std::uint32_t>(1 + random() % max_weight)});
  return members;
}

void expect_balanced(const Group& group, const Members& members) {
  auto counts = shares(group);
  std::uint32_t total = 0;
  for (const GroupMember& member : members) {
    EXPECT_LT(std::abs(counts[member.adjacency] - worth(members, member)), 1.0);
    total += counts[member.adjacency];
  }
  EXPECT_EQ(total, kGroupBuckets) << "a bucket belongs to nobody of the group";
}

TEST(ResilientTest, SharesAreInProportionToTheWeights) {
  Group group;
  const Members members = {{7, 1}, {8, 3}};
  distribute(group, members);
  EXPECT_EQ(shares(group), (std::map<std::uint32_t, std::uint32_t>{{7, 32}, {8, 96}}));
}

TEST(ResilientTest, ASmallWeightIsNotRoundedToNothing) {
  Group group;
  const Members members = {{7, 256}, {8, 1}};
  distribute(group, members);
  EXPECT_EQ(shares(group)[8], 1u);
}

TEST(ResilientTest, IsBalancedForAnyWeights) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    Group group;
    const Members members = random_members(random, 20);
    distribute(group, members);
    expect_balanced(group, members);
  }
}

TEST(ResilientTest, MovesOnlyTheBucketsOfAMemberThatGoes) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    Members members = random_members(random, 20);
    if (members.size() < 2) continue;
    Group before;
    distribute(before, members);
    const auto gone = members.begin() + static_cast<std::ptrdiff_t>(random() % members.size());
    const std::uint32_t number = gone->adjacency;
    members.erase(gone);
    Group after = before;
    distribute(after, members);
    EXPECT_EQ(moved(before, after), shares(before)[number]);
    EXPECT_EQ(shares(after).count(number), 0u);
  }
}

TEST(ResilientTest, StaysBalancedWhileEqualMembersComeAndGo) {
  std::mt19937 random(3);
  Members members = {{100, 1}};
  Group group;
  for (std::uint32_t round = 0; round < 1000; ++round) {
    if (members.size() > 1 && random() % 2 == 0)
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(random() % members.size()));
    else if (members.size() < kGroupBuckets)
      members.push_back({200 + round, 1});
    distribute(group, members);
    expect_balanced(group, members);
  }
}

TEST(ResilientTest, AMemberThatComesMovesAsFewBucketsAsItsWeightIsWorth) {
  std::mt19937 random(4);
  for (int round = 0; round < 500; ++round) {
    Members members = random_members(random, 1);
    Group before;
    distribute(before, members);
    members.push_back({50, 1});
    Group after = before;
    distribute(after, members);
    EXPECT_EQ(moved(before, after), shares(after)[50]);
    EXPECT_LE(moved(before, after), static_cast<std::uint32_t>(worth(members, members.back())) + 1);
    expect_balanced(after, members);
  }
}

TEST(ResilientTest, FollowsAChangeOfWeights) {
  Group group;
  distribute(group, Members{{7, 1}, {8, 1}});
  const Group before = group;
  distribute(group, Members{{7, 3}, {8, 1}});
  EXPECT_EQ(shares(group)[8], 32u);
  EXPECT_EQ(moved(before, group), 32u);
}

TEST(ResilientTest, ChangesNothingWhenNothingHasChanged) {
  std::mt19937 random(5);
  const Members members = random_members(random, 20);
  Group group;
  distribute(group, members);
  const Group before = group;
  distribute(group, members);
  EXPECT_EQ(moved(before, group), 0u);
}

TEST(ResilientTest, ServesAsManyMembersAsThereAreBuckets) {
  Members members;
  for (std::uint32_t i = 0; i < kGroupBuckets; ++i) members.push_back({1 + i, 1});
  Group group;
  distribute(group, members);
  EXPECT_EQ(shares(group).size(), kGroupBuckets);
}

}  // namespace

}  // namespace millrace
