// Workers that learn and look up at the same time, and the control thread in between.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>
#include <vector>

#include "tables/fdb.hpp"

namespace millrace {

namespace {

Mac mac(std::uint32_t number) {
  Mac address{{2, 0, 0, 0, 0, 0}};
  store_be32(&address.bytes[2], number);
  return address;
}
Fdb::Key key(std::uint32_t number) {
  return Fdb::key_of(0, mac(number).bytes.data());
}
// After all of it: no address twice, and the counts agree with what is there.
void expect_consistent(const Fdb& fdb, std::uint16_t ports) {
  std::set<std::pair<std::uint16_t, std::array<std::uint8_t, 6>>> seen;
  std::vector<std::uint32_t> learned(ports);
  std::uint32_t total = 0;
  fdb.walk(0, [&](const Fdb::Entry& entry) {
    EXPECT_TRUE(seen.emplace(entry.vlan, entry.mac.bytes).second) << "an address is there twice";
    ASSERT_LT(entry.port, ports);
    if (!entry.is_static) ++learned[entry.port];
    ++total;
  });
  EXPECT_EQ(fdb.size(), total);
  for (std::uint16_t port = 0; port < ports; ++port)
    EXPECT_EQ(fdb.learned_by(port), learned[port]) << "port " << port;
}

TEST(FdbConcurrencyTest, TwoWorkersThatLearnTheSameAddressesLeaveEachOnce) {
  for (std::uint32_t round = 0; round < 20; ++round) {
    Fdb fdb(512, round + 1);
    std::atomic<int> ready{0};
    std::array<std::array<bool, 500>, 2> full;
    const auto worker = [&](std::uint16_t port) {
      ready.fetch_add(1);
      while (ready.load() < 2) {
      }
      for (std::uint32_t i = 0; i < 500; ++i)
        full[port][i] = fdb.learn(key(i), port, 0).outcome == Fdb::Outcome::kFull;
    };
    std::thread other(worker, std::uint16_t{1});
    worker(0);
    other.join();
    expect_consistent(fdb, 2);
    // Once in a million, both buckets of an address are full.
    for (std::uint32_t i = 0; i < 500; ++i)
      EXPECT_EQ(fdb.lookup(key(i)) == kNoPort, full[0][i] && full[1][i]);
  }
}

// The key of each address says at which two ports it may be, so that a reader sees a wrong answer.
TEST(FdbConcurrencyTest, NeverShowsThePortOfAnotherAddress) {
  constexpr std::uint32_t kStations = 64;  // in 32 slots: they push each other out all the time
  Fdb fdb(16, 3);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  const auto worker = [&](std::uint32_t seed) {
    std::mt19937 random(seed);
    std::uint32_t now = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      const std::uint32_t station = random() % kStations;
      fdb.learn(key(station), static_cast<std::uint16_t>(station * 2 + random() % 2), ++now / 64);
      const std::uint32_t wanted = random() % kStations;
      const std::uint16_t port = fdb.lookup(key(wanted));
      if (port != kNoPort && port / 2 != wanted) wrong.fetch_add(1);
    }
  };
  std::thread first(worker, 1);
  std::thread second(worker, 2);
  std::mt19937 random(4);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const std::uint32_t station = random() % kStations;
    const auto port = static_cast<std::uint16_t>(station * 2);
    if (i % 4 == 0) fdb.add_static(0, mac(station), port, true);
    if (i % 4 == 1) fdb.remove_static(0, mac(station));
    if (i % 4 == 2) fdb.flush(port);
    if (i % 4 == 3) fdb.age(i, 0);
  }
  stop.store(true);
  first.join();
  second.join();
  EXPECT_EQ(wrong.load(), 0u);
  expect_consistent(fdb, kStations * 2);
}

TEST(FdbConcurrencyTest, HoldsTheLimitOfAPortWhenTwoWorkersLearn) {
  Fdb fdb(4096, 1);
  fdb.set_limit(7, 100);
  const auto worker = [&](std::uint32_t first) {
    for (std::uint32_t i = 0; i < 1000; ++i) fdb.learn(key(first + i), 7, 0);
  };
  std::thread other(worker, 5000);
  worker(0);
  other.join();
  EXPECT_LE(fdb.learned_by(7), 100u);
  expect_consistent(fdb, 8);
}

}  // namespace

}  // namespace millrace
