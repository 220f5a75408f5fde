#include "tables/lpm.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <utility>

namespace millrace {

namespace {

// An address of either family as bytes; only the first address_bytes count.
using Address = std::array<std::uint8_t, 16>;

struct Prefix {
  Address address;
  std::uint32_t length;
  auto operator<=>(const Prefix&) const = default;
};

Address masked(Address address, std::uint32_t length) {
  for (std::uint32_t bit = length; bit < 128; ++bit)
    address[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> (bit % 8)));
  return address;
}

// Longest-prefix match the slow way.
class NaiveLpm {
 public:
  void insert(const Prefix& prefix, std::uint32_t value) { routes_[prefix] = value; }
  bool erase(const Prefix& prefix) { return routes_.erase(prefix) != 0; }
  std::size_t size() const { return routes_.size(); }
  std::uint32_t lookup(const Address& address) const {
    for (std::uint32_t length = 129; length-- > 0;)
      if (auto found = routes_.find({masked(address, length), length}); found != routes_.end())
        return found->second;
    return Lpm::kNone;
  }
  const std::map<Prefix, std::uint32_t>& routes() const { return routes_; }

 private:
  std::map<Prefix, std::uint32_t> routes_;
};

// An LPM table and its slow twin, of one address family.
class Twins {
 public:
  explicit Twins(std::uint32_t address_bytes) : bytes_(address_bytes), table_(address_bytes) {}

  void insert(const Prefix& prefix, std::uint32_t value) {
    table_.insert(prefix.address.data(), prefix.length, value);
    naive_.insert(prefix, value);
  }
  void erase(const Prefix& prefix) {
    EXPECT_EQ(table_.erase(prefix.address.data(), prefix.length), naive_.erase(prefix));
  }
  std::uint32_t lookup(const Address& address) const {
    return bytes_ == 4 ? table_.lookup(load_be32(address.data())) : table_.lookup(Ip6{address});
  }
  void expect_same(const Address& address) const {
    ASSERT_EQ(lookup(address), naive_.lookup(address));
  }
  // The first and last address of each prefix, and the ones just outside.
  void expect_same_at_every_edge() const {
    for (const auto& [prefix, value] : naive_.routes()) {
      Address last = prefix.address;
      for (std::uint32_t bit = prefix.length; bit < bytes_ * 8; ++bit)
        last[bit / 8] |= static_cast<std::uint8_t>(0x80u >> (bit % 8));
      for (const Address& address : {prefix.address, last, before(prefix.address), after(last)})
        expect_same(address);
    }
    ASSERT_EQ(table_.size(), naive_.size());
  }
  void erase_all() {
    while (naive_.size() != 0) erase(Prefix(naive_.routes().begin()->first));
  }

  Lpm& table() { return table_; }
  const NaiveLpm& naive() const { return naive_; }
  std::uint32_t bytes() const { return bytes_; }

 private:
  Address before(Address address) const {
    for (std::uint32_t i = bytes_; i-- > 0;)
      if (address[i]-- != 0) break;
    return address;
  }
  Address after(Address address) const {
    for (std::uint32_t i = bytes_; i-- > 0;)
      if (++address[i] != 0) break;
    return address;
  }

  const std::uint32_t bytes_;
  Lpm table_;
  NaiveLpm naive_;
};

// Few distinct bytes, so that prefixes overlap, share nodes and cover each other.
class RandomPrefixes {
 public:
  RandomPrefixes(std::uint32_t seed, std::uint32_t address_bytes)
      : random_(seed), bytes_(address_bytes) {}

  std::uint32_t below(std::uint32_t limit) { return random_() % limit; }
  Address address() {
    static constexpr std::uint8_t kBytes[] = {0x00, 0x01, 0x0a, 0x7f, 0x80, 0xff};
    Address address{};
    for (std::uint32_t i = 0; i < bytes_; ++i) address[i] = kBytes[below(i < 2 ? 3 : 6)];
    return address;
  }
  Prefix prefix() {
    const std::uint32_t bits = bytes_ * 8;
    // Every other one at the edge of a node.
    const std::uint32_t length = below(2) == 0 ? below(bits + 1) : below(bytes_ + 1) * 8;
    return {masked(address(), length), length};
  }

 private:
  std::mt19937 random_;
  const std::uint32_t bytes_;
};

class LpmTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  std::uint32_t bits() const { return GetParam() * 8; }
};

TEST_P(LpmTest, FindsNothingWhenEmpty) {
  const Twins twins(GetParam());
  EXPECT_EQ(twins.lookup({}), Lpm::kNone);
  Address last;
  last.fill(0xff);
  EXPECT_EQ(twins.lookup(last), Lpm::kNone);
}

TEST_P(LpmTest, FindsAPrefixOfEveryLength) {
  Address address{};
  for (std::uint32_t i = 0; i < GetParam(); ++i) address[i] = 0xa5;
  for (std::uint32_t length = 0; length <= bits(); ++length) {
    Twins twins(GetParam());
    twins.insert({masked(address, length), length}, 7);
    EXPECT_EQ(twins.lookup(address), 7u);
    twins.expect_same_at_every_edge();
    twins.erase({masked(address, length), length});
    EXPECT_EQ(twins.lookup(address), Lpm::kNone);
    EXPECT_EQ(twins.table().nodes_in_use(), 0u);
  }
}

TEST_P(LpmTest, PrefersTheLongestOfNestedPrefixesInAnyOrderOfInsertion) {
  Address address{};
  for (std::uint32_t i = 0; i < GetParam(); ++i) address[i] = 0x5a;
  for (const bool shortest_first : {true, false}) {
    Twins twins(GetParam());
    for (std::uint32_t i = 0; i <= bits(); ++i) {
      const std::uint32_t length = shortest_first ? i : bits() - i;
      twins.insert({masked(address, length), length}, length + 1);
    }
    twins.expect_same_at_every_edge();
    for (std::uint32_t length = bits() + 1; length-- > 0;) {
      EXPECT_EQ(twins.lookup(address), length + 1);
      twins.erase({masked(address, length), length});
    }
    EXPECT_EQ(twins.table().nodes_in_use(), 0u);
  }
}

TEST_P(LpmTest, ReplacesTheValueOfAnEqualPrefix) {
  Twins twins(GetParam());
  const Prefix prefix{{10, 1, 2}, 24};
  twins.insert(prefix, 1);
  twins.insert(prefix, Lpm::kMaxValue);
  EXPECT_EQ(twins.lookup({10, 1, 2, 3}), Lpm::kMaxValue);
  EXPECT_EQ(twins.table().size(), 1u);
  twins.erase(prefix);
  EXPECT_EQ(twins.lookup({10, 1, 2, 3}), Lpm::kNone);
}

TEST_P(LpmTest, DistinguishesPrefixesOfOneAddressByTheirLength) {
  Twins twins(GetParam());
  twins.insert({{}, 0}, 1);
  twins.insert({{}, bits()}, 2);
  twins.insert({{}, 17}, 3);
  twins.erase({{}, 16});
  twins.expect_same_at_every_edge();
  twins.erase({{}, 17});
  twins.expect_same_at_every_edge();
}

TEST_P(LpmTest, SaysWhetherThereWasSomethingToErase) {
  Twins twins(GetParam());
  const Prefix prefix{{10}, 8};
  EXPECT_FALSE(twins.table().erase(prefix.address.data(), prefix.length));
  twins.insert(prefix, 1);
  EXPECT_FALSE(twins.table().erase(prefix.address.data(), 9));
  EXPECT_EQ(twins.lookup({10}), 1u);
  EXPECT_TRUE(twins.table().erase(prefix.address.data(), prefix.length));
  EXPECT_FALSE(twins.table().erase(prefix.address.data(), prefix.length));
}

TEST_P(LpmTest, KeepsEqualRoutesOfBothHalvesApartWhenTheirCoverGoes) {
  Twins twins(GetParam());
  twins.insert({{10, 1}, 16}, 5);
  twins.insert({{10, 1, 0}, 17}, 5);
  twins.insert({{10, 1, 0x80}, 17}, 5);
  twins.erase({{10, 1}, 16});
  twins.expect_same_at_every_edge();
  twins.erase({{10, 1, 0}, 17});
  twins.expect_same_at_every_edge();
  EXPECT_EQ(twins.lookup({10, 1, 0x80}), 5u);
  EXPECT_EQ(twins.lookup({10, 1, 0x7f}), Lpm::kNone);
}

TEST_P(LpmTest, AgreesWithTheNaiveTableThroughRandomChanges) {
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    SCOPED_TRACE(seed);
    Twins twins(GetParam());
    RandomPrefixes random(seed, GetParam());
    for (std::uint32_t step = 0; step < 3000; ++step) {
      const Prefix prefix = random.prefix();
      // It grows, then shrinks.
      const bool grow = random.below(4) < (step < 1500 ? 3u : 1u);
      if (grow)
        twins.insert(prefix, 1 + random.below(Lpm::kMaxValue));
      else
        twins.erase(prefix);
      if (random.below(8) == 0) twins.table().reclaim();
      for (int i = 0; i < 4; ++i) twins.expect_same(random.address());
      if (step % 1500 == 1499) twins.expect_same_at_every_edge();
    }
    twins.erase_all();
    EXPECT_EQ(twins.table().nodes_in_use(), 0u);
    EXPECT_EQ(twins.table().size(), 0u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(twins.lookup(random.address()), Lpm::kNone);
  }
}

TEST(LpmTest4, SaysHowManyBitsDecideOnlyWhereAllAddressesBehindThemAgree) {
  Twins twins(4);
  RandomPrefixes random(7, 4);
  std::map<std::uint32_t, std::uint32_t> answers;
  const auto bits_at = [&](const Address& address) {
    return twins.table().bits_that_decide(load_be32(address.data()));
  };
  for (std::uint32_t step = 0; step < 2000; ++step) {
    Prefix prefix = random.prefix();
    if (step % 2 == 0) prefix = {masked(prefix.address, 13), 13};
    twins.insert(prefix, 1 + random.below(4));
    const Address address = random.address();
    const std::uint32_t bits = bits_at(address);
    ++answers[bits];
    for (std::uint32_t i = 0; i < 64 && bits < 32; ++i) {
      Address neighbour = address;
      for (std::uint32_t byte = bits / 8; byte < 4; ++byte)
        neighbour[byte] = static_cast<std::uint8_t>(random.below(256));
      ASSERT_EQ(twins.lookup(neighbour), twins.lookup(address)) << bits;
      ASSERT_EQ(bits_at(neighbour), bits);
    }
  }
  for (const std::uint32_t bits : {16u, 24u, 32u}) EXPECT_GT(answers[bits], 20u) << bits;
}

TEST(LpmTest4, SaysThatSixteenBitsDecideUnderADefaultRouteAlone) {
  Twins twins(4);
  twins.insert({{}, 0}, 7);
  EXPECT_EQ(twins.table().bits_that_decide(0x0a020304), 16u);
}

TEST_P(LpmTest, UsesReclaimedNodesAgain) {
  Twins twins(GetParam());
  std::size_t nodes = 0;
  // Far more nodes in all than the table can hold at once.
  for (std::uint32_t round = 0; round < 500; ++round) {
    for (std::uint32_t i = 0; i < 200; ++i) {
      const auto high = static_cast<std::uint8_t>(i);
      twins.table().insert(Address{high, 1, 1, 1}.data(), bits(), 1 + i);
    }
    if (round == 0) nodes = twins.table().nodes_in_use();
    ASSERT_EQ(twins.table().nodes_in_use(), nodes);
    for (std::uint32_t i = 0; i < 200; ++i) {
      const auto high = static_cast<std::uint8_t>(i);
      ASSERT_EQ(twins.lookup({high, 1, 1, 1}), 1 + i);
      ASSERT_TRUE(twins.table().erase(Address{high, 1, 1, 1}.data(), bits()));
    }
    ASSERT_EQ(twins.table().nodes_in_use(), 0u);
    twins.table().reclaim();
  }
}

// A lookup under way while the table changes from one value to another may find either.
struct Change {
  std::uint64_t number;
  std::uint32_t from;
  std::uint32_t to;
  std::uint64_t packed() const { return number << 16 | from << 8 | to; }
  static Change unpack(std::uint64_t packed) {
    return {packed >> 16, static_cast<std::uint32_t>(packed >> 8 & 0xff),
            static_cast<std::uint32_t>(packed & 0xff)};
  }
};

TEST_P(LpmTest, ShowsAReaderOldOrNewValuesOnly) {
  Lpm table(GetParam());
  const Address address = {10, 1, 2, 3};
  const std::array<std::uint32_t, 6> lengths = {8, 16, 20, 24, 25, bits()};
  std::atomic<std::uint64_t> change{Change{0, 1, 1}.packed()};
  std::atomic<std::uint64_t> lookups{0};
  std::atomic<bool> stop{false};
  std::uint64_t wrong = 0;
  table.insert(masked(address, lengths[0]).data(), lengths[0], 1);

  std::thread reader([&] {
    while (!stop.load()) {
      const std::uint64_t before = change.load();
      const std::uint32_t found =
          GetParam() == 4 ? table.lookup(load_be32(address.data())) : table.lookup(Ip6{address});
      const auto [number, from, to] = Change::unpack(before);
      const bool same_change = change.load() == before;
      if (found < 1 || found > lengths.size()) ++wrong;
      if (same_change && found != from && found != to) ++wrong;
      ++lookups;
    }
  });
  // Afterwards no lookup is under way that began before.
  const auto quiesce = [&] {
    const std::uint64_t seen = lookups.load();
    while (lookups.load() < seen + 2) std::this_thread::yield();
  };
  std::uint64_t number = 0;
  for (int round = 0; round < 40; ++round) {
    for (std::uint32_t i = 1; i < lengths.size(); ++i) {
      change.store(Change{++number, i, i + 1}.packed());
      table.insert(masked(address, lengths[i]).data(), lengths[i], i + 1);
    }
    for (std::uint32_t i = lengths.size(); i-- > 1;) {
      change.store(Change{++number, i + 1, i}.packed());
      table.erase(masked(address, lengths[i]).data(), lengths[i]);
      quiesce();
      table.reclaim();
    }
  }
  stop.store(true);
  reader.join();
  table.erase(masked(address, lengths[0]).data(), lengths[0]);
  EXPECT_EQ(wrong, 0u) << "of " << lookups.load();
  EXPECT_GE(lookups.load(), 400u) << "two for each removal";
  EXPECT_EQ(table.nodes_in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, LpmTest, ::testing::Values(4u, 16u), [](const auto& family) {
  return family.param == 4 ? std::string("Ip4") : std::string("Ip6");
});

TEST(Lpm4Test, HoldsManyHostRoutes) {
  Lpm table(4);
  for (std::uint32_t i = 0; i < 65536; ++i) {
    std::uint8_t bytes[4];
    store_be32(bytes, 0x0a010000 + i);
    table.insert(bytes, 32, 1 + i);
  }
  EXPECT_EQ(table.size(), 65536u);
  for (std::uint32_t i = 0; i < 65536; ++i) ASSERT_EQ(table.lookup(Ip4{0x0a010000 + i}), 1 + i);
  EXPECT_EQ(table.lookup(Ip4{0x0a00ffff}), Lpm::kNone);
  EXPECT_EQ(table.lookup(Ip4{0x0a020000}), Lpm::kNone);
}

}  // namespace

}  // namespace millrace
