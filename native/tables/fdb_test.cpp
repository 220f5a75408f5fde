#include "tables/fdb.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace millrace {

namespace {

using Outcome = Fdb::Outcome;

Mac mac(std::uint32_t number) {
  Mac address{{2, 0, 0, 0, 0, 0}};
  store_be32(&address.bytes[2], number);
  return address;
}
Fdb::Key key(std::uint32_t number, std::uint16_t vlan = 0) {
  return Fdb::key_of(vlan, mac(number).bytes.data());
}
std::uint32_t entries(const Fdb& fdb) {
  std::uint32_t count = 0;
  fdb.walk(0, [&](const Fdb::Entry&) { ++count; });
  return count;
}

TEST(FdbTest, FindsWhatItHasLearnedAndNothingElse) {
  Fdb fdb(64, 1);
  EXPECT_EQ(fdb.lookup(key(1)), kNoPort);
  EXPECT_EQ(fdb.learn(key(1), 7, 0).outcome, Outcome::kNew);
  EXPECT_EQ(fdb.learn(key(1), 7, 0).outcome, Outcome::kKnown);
  EXPECT_EQ(fdb.lookup(key(1)), 7);
  EXPECT_EQ(fdb.lookup(key(1, 1)), kNoPort);
  EXPECT_EQ(fdb.lookup(key(2)), kNoPort);
  EXPECT_EQ(fdb.lookup(0), kNoPort);
  EXPECT_EQ(fdb.size(), 1u);
  EXPECT_EQ(fdb.learned_by(7), 1u);
}

TEST(FdbTest, MovesLearnedEntriesAndCountsThemAtTheirNewPort) {
  Fdb fdb(64, 1);
  fdb.learn(key(1), 7, 0);
  const Fdb::Learned moved = fdb.learn(key(1), 8, 0);
  EXPECT_EQ(moved.outcome, Outcome::kMoved);
  EXPECT_EQ(moved.other_port, 7);
  EXPECT_EQ(fdb.lookup(key(1)), 8);
  EXPECT_EQ(fdb.learned_by(7), 0u);
  EXPECT_EQ(fdb.learned_by(8), 1u);
  EXPECT_EQ(fdb.size(), 1u);
}

TEST(FdbTest, KeepsStaticEntriesWhereTheyAre) {
  Fdb fdb(64, 1);
  fdb.learn(key(1), 7, 0);
  EXPECT_TRUE(fdb.add_static(0, mac(1), 8, true));
  EXPECT_EQ(fdb.learned_by(7), 0u);
  EXPECT_EQ(fdb.learn(key(1), 7, 0).outcome, Outcome::kStaticElsewhere);
  EXPECT_EQ(fdb.learn(key(1), 7, 0).other_port, 8);
  EXPECT_EQ(fdb.learn(key(1), 8, 0).outcome, Outcome::kKnown);
  EXPECT_EQ(fdb.age(1'000'000, 0), 0u);
  EXPECT_EQ(fdb.lookup(key(1)), 8);
  EXPECT_TRUE(fdb.add_static(0, mac(1), 9, false));  // the control side may move it
  EXPECT_EQ(fdb.lookup(key(1)), 9);
  EXPECT_FALSE(fdb.remove_static(0, mac(2)));
  EXPECT_TRUE(fdb.remove_static(0, mac(1)));
  EXPECT_EQ(fdb.lookup(key(1)), kNoPort);
  EXPECT_EQ(fdb.size(), 0u);
}

TEST(FdbTest, RemovesNoLearnedEntryAsAStaticOne) {
  Fdb fdb(64, 1);
  fdb.learn(key(1), 7, 0);
  EXPECT_FALSE(fdb.remove_static(0, mac(1)));
  EXPECT_EQ(fdb.lookup(key(1)), 7);
}

TEST(FdbTest, AgesWhatWasNotSeenAlsoWhenTheSecondsWrapAround) {
  constexpr std::uint32_t kWrap = 1u << 24;
  for (const std::uint32_t start : {1000u, kWrap - 100, 5 * kWrap - 1}) {
    Fdb fdb(64, 1);
    fdb.learn(key(1), 7, start);
    fdb.learn(key(2), 7, start);
    fdb.learn(key(2), 7, start + 200);
    EXPECT_EQ(fdb.age(start + 300, 300), 0u);
    EXPECT_EQ(fdb.find(0, mac(1), start + 300)->age_seconds, 300u);
    EXPECT_EQ(fdb.age(start + 301, 300), 1u);
    EXPECT_EQ(fdb.lookup(key(1)), kNoPort);
    EXPECT_EQ(fdb.lookup(key(2)), 7);
    EXPECT_EQ(fdb.learned_by(7), 1u);
  }
}

TEST(FdbTest, DoesNotAgeWhatAWorkerWithAFasterClockHasSeen) {
  Fdb fdb(64, 1);
  fdb.learn(key(1), 7, 1001);
  EXPECT_EQ(fdb.age(1000, 300), 0u);
  EXPECT_EQ(fdb.find(0, mac(1), 1000)->age_seconds, 0u);
}

TEST(FdbTest, HoldsTheLimitOfAPortAndGivesRoomAgain) {
  Fdb fdb(64, 1);
  fdb.set_limit(7, 2);
  EXPECT_EQ(fdb.learn(key(1), 7, 0).outcome, Outcome::kNew);
  EXPECT_EQ(fdb.learn(key(2), 7, 0).outcome, Outcome::kNew);
  EXPECT_EQ(fdb.learn(key(3), 7, 0).outcome, Outcome::kPortLimit);
  EXPECT_EQ(fdb.learn(key(3), 8, 0).outcome, Outcome::kNew);
  EXPECT_EQ(fdb.learn(key(3), 7, 0).outcome, Outcome::kPortLimit);
  EXPECT_EQ(fdb.lookup(key(3)), 8);
  EXPECT_EQ(fdb.learn(key(2), 8, 0).outcome, Outcome::kMoved);
  EXPECT_EQ(fdb.learn(key(3), 7, 0).outcome, Outcome::kMoved);
  EXPECT_TRUE(fdb.add_static(0, mac(4), 7, false));  // not learned, so not limited
}

TEST(FdbTest, HoldsAsManyAsItsCapacity) {
  Fdb fdb(1024, 1);
  std::uint32_t learned = 0;
  for (std::uint32_t i = 0; i < 1024; ++i)
    learned += fdb.learn(key(i), 7, 0).outcome == Outcome::kNew;
  EXPECT_EQ(learned, 1024u);
  for (std::uint32_t i = 1024; i < 4096; ++i) fdb.learn(key(i), 7, 0);
  EXPECT_EQ(fdb.size(), 1024u);
  EXPECT_EQ(entries(fdb), 1024u);
  EXPECT_EQ(fdb.learn(key(9999), 7, 0).outcome, Outcome::kFull);
}

TEST(FdbTest, MakesRoomForAStaticEntryInAFullTable) {
  Fdb fdb(8, 1);  // 16 slots
  for (std::uint32_t i = 0; i < 100; ++i) fdb.learn(key(i), 7, i);
  std::uint32_t refused = 0;
  for (std::uint32_t i = 1000; i < 1032; ++i) {
    const bool added = fdb.add_static(0, mac(i), 8, false);
    EXPECT_EQ(fdb.lookup(key(i)), added ? 8 : kNoPort);
    EXPECT_EQ(fdb.size(), entries(fdb));
    refused += !added;
  }
  EXPECT_GE(refused, 16u);
  EXPECT_LE(refused, 22u);
}

TEST(FdbTest, RefusesStaticEntriesThatAreNoStation) {
  Fdb fdb(64, 1);
  EXPECT_FALSE(fdb.add_static(0, {}, 7, true));
  EXPECT_FALSE(fdb.add_static(10, {{1, 0, 0x5e, 0, 0, 1}}, 7, true));
  EXPECT_EQ(fdb.size(), 0u);
}

TEST(FdbTest, FlushesAPortWithItsStaticEntries) {
  Fdb fdb(64, 1);
  fdb.learn(key(1), 7, 0);
  fdb.add_static(0, mac(2), 7, true);
  fdb.learn(key(3), 8, 0);
  EXPECT_EQ(fdb.flush(7), 2u);
  EXPECT_EQ(fdb.size(), 1u);
  EXPECT_EQ(fdb.learned_by(7), 0u);
  EXPECT_EQ(fdb.lookup(key(3)), 8);
}

TEST(FdbTest, FlushesWhatWasLearnedAndKeepsStaticEntries) {
  Fdb fdb(64, 1);
  fdb.learn(key(1), 7, 0);
  fdb.add_static(0, mac(2), 7, true);
  EXPECT_EQ(fdb.flush_learned(), 1u);
  EXPECT_EQ(fdb.lookup(key(1)), kNoPort);
  EXPECT_EQ(fdb.lookup(key(2)), 7);
}

TEST(FdbTest, ListsEveryEntryWithAllThatIsKnownOfIt) {
  Fdb fdb(64, 1);
  fdb.learn(key(0x01020304, 4094), 7, 100);
  fdb.add_static(5, mac(2), 8, true);
  std::vector<Fdb::Entry> all;
  fdb.walk(130, [&](const Fdb::Entry& entry) { all.push_back(entry); });
  ASSERT_EQ(all.size(), 2u);
  const Fdb::Entry& learned = all[all[0].is_static ? 1 : 0];
  const Fdb::Entry& fixed = all[all[0].is_static ? 0 : 1];
  EXPECT_EQ(learned.mac, mac(0x01020304));
  EXPECT_EQ(learned.vlan, 4094);
  EXPECT_EQ(learned.port, 7);
  EXPECT_EQ(learned.age_seconds, 30u);
  EXPECT_EQ(fixed.mac, mac(2));
  EXPECT_EQ(fixed.vlan, 5);
  EXPECT_TRUE(fixed.own);
  EXPECT_EQ(fixed.age_seconds, 0u);
}

}  // namespace

}  // namespace millrace
