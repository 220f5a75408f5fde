#include "tables/host_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace millrace {

namespace {

constexpr Mac kFirst{{2, 0, 0, 0, 0, 1}}, kSecond{{2, 0, 0, 0, 0, 2}};

TEST(HostTableTest, ShowsChangesOnceTheyArePublished) {
  HostTable hosts;
  EXPECT_EQ(hosts.find(0, Ip4{1}), nullptr);
  hosts.set(0, HostTable::mapped(1), {kFirst});
  EXPECT_EQ(hosts.find(0, Ip4{1}), nullptr);
  hosts.publish();
  ASSERT_NE(hosts.find(0, Ip4{1}), nullptr);
  EXPECT_EQ(hosts.find(0, Ip4{1})->mac, kFirst);
  EXPECT_TRUE(hosts.erase(0, HostTable::mapped(1)));
  EXPECT_FALSE(hosts.erase(0, HostTable::mapped(1)));
  EXPECT_NE(hosts.find(0, Ip4{1}), nullptr);
  hosts.publish();
  EXPECT_EQ(hosts.find(0, Ip4{1}), nullptr);
}

TEST(HostTableTest, KeepsVlansAndFamiliesApart) {
  HostTable hosts;
  hosts.set(10, HostTable::mapped(1), {kFirst});
  hosts.set(20, HostTable::mapped(1), {kSecond});
  hosts.publish();
  EXPECT_EQ(hosts.find(10, Ip4{1})->mac, kFirst);
  EXPECT_EQ(hosts.find(20, Ip4{1})->mac, kSecond);
  EXPECT_EQ(hosts.find(0, Ip4{1}), nullptr);
  Ip6 address{};
  address.bytes[15] = 1;
  EXPECT_EQ(hosts.find(10, address), nullptr);
}

TEST(HostTableTest, FindsEachOfManyAndNoOther) {
  HostTable hosts;
  for (Ip4 i = 0; i < 5000; i += 2) hosts.set(0, HostTable::mapped(i), {kFirst});
  hosts.publish();
  for (Ip4 i = 0; i < 5000; ++i) EXPECT_EQ(hosts.find(0, i) != nullptr, i % 2 == 0);
}

TEST(HostTableTest, KeepsWhatItReplacedUntilItIsReclaimed) {
  HostTable hosts;
  hosts.set(0, HostTable::mapped(1), {kFirst});
  hosts.publish();
  const HostTable::Host* old = hosts.find(0, Ip4{1});
  hosts.set(0, HostTable::mapped(1), {kSecond});
  hosts.publish();
  EXPECT_TRUE(hosts.has_retired());
  EXPECT_EQ(old->mac, kFirst);
  hosts.reclaim();
  EXPECT_FALSE(hosts.has_retired());
  EXPECT_EQ(hosts.find(0, Ip4{1})->mac, kSecond);
}

TEST(HostTableTest, ShowsAReaderOldOrNewHostsOnly) {
  HostTable hosts;
  hosts.set(0, HostTable::mapped(1), {kFirst});
  hosts.publish();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::thread reader([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      const HostTable::Host* host = hosts.find(0, Ip4{1});
      if (host == nullptr || (host->mac != kFirst && host->mac != kSecond)) wrong.fetch_add(1);
    }
  });
  for (int i = 0; i < 1000; ++i) {
    hosts.set(0, HostTable::mapped(1), {i % 2 == 0 ? kSecond : kFirst});
    hosts.publish();
  }
  stop.store(true);
  reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

}  // namespace

}  // namespace millrace
