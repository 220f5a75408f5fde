#pragma once
// Longest-prefix match fit for full Internet tables: a RIB that keeps every route, and a FIB that
// lookups read. The first 19 bits of an address select a word of the root, 5 more an entry of its
// array; longer prefixes are below (lpm_entry.hpp). One writer (the control thread) changes the
// table while any worker reads: it builds what changes anew and publishes it by one store to the
// root. What that replaces is reused only after reclaim(), which the writer calls once every
// reader has passed a quiescent state.
#include <array>
#include <atomic>
#include <bitset>
#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "tables/generation.hpp"
#include "tables/lpm_nodes.hpp"
#include "tables/lpm_pool.hpp"
#include "tables/lpm_reader.hpp"
#include "tables/lpm_rib.hpp"

namespace millrace {

class Lpm {
 public:
  static constexpr std::uint32_t kNone = 0;
  static constexpr std::uint32_t kMaxValue = lpm::kChild - 1;
  static constexpr std::uint32_t kMaxBurst = lpm::kBurst;

  struct Route {
    std::array<std::uint8_t, 16> prefix{};  // of which the table's address_bytes count
    std::uint32_t length = 0;
    std::uint32_t value = kNone;
    std::uint32_t tag = 0;  // the caller's; the table only keeps it
  };

  // address_bytes: 4 for IPv4, 16 for IPv6.
  explicit Lpm(std::uint32_t address_bytes);
  Lpm(const Lpm&) = delete;
  Lpm& operator=(const Lpm&) = delete;

  // prefix: address_bytes bytes, host bits zero. value: 1 to kMaxValue. Replaces an equal prefix.
  // Throws std::length_error, and changes nothing, when the table is full.
  void insert(const std::uint8_t* prefix, std::uint32_t length, std::uint32_t value,
              std::uint32_t tag = 0);
  // False when there is no such prefix.
  bool erase(const std::uint8_t* prefix, std::uint32_t length);
  bool set_tag(const std::uint8_t* prefix, std::uint32_t length, std::uint32_t tag);
  // Makes what insert() and erase() took out usable again. Precondition: no reader still holds an
  // older view.
  void reclaim() { pool_.reclaim(); }

  // Who derives anything from lookups learns when they may have changed.
  Changes changes;

  // For the writer's thread, not for workers.
  std::size_t size() const { return rib_.size(); }
  std::optional<Route> find(const std::uint8_t* prefix, std::uint32_t length) const;
  // The most specific route around an address: the one that lookup() goes by.
  std::optional<Route> match(const std::uint8_t* address) const;
  // Calls fn(const Route&) for all routes in order of address, shorter before longer.
  template <typename Fn>
  void walk(Fn&& fn) const {
    rib_.for_each_within({}, 0, [&](const LpmRoute& route) { fn(exported(route)); });
  }
  // The same for the routes inside a prefix, the one with that prefix included.
  template <typename Fn>
  void for_each_within(const std::uint8_t* prefix, std::uint32_t length, Fn&& fn) const {
    rib_.for_each_within(load_bits(prefix, address_bytes_), length,
                         [&](const LpmRoute& route) { fn(exported(route)); });
  }
  // Blocks of the FIB; zero without routes.
  std::size_t nodes_in_use() const { return pool_.blocks_in_use(); }
  // Of RIB and FIB together, as far as it has been touched.
  std::size_t memory_bytes() const;

  // For workers.
  std::uint32_t lookup(Ip4 address) const { return or_default(reader().lookup(address)); }
  std::uint32_t lookup(const Ip6& address) const { return or_default(reader().lookup(address)); }
  // How many leading bits of the address decide what lookup() returns, as far as the table's shape
  // tells: 16 or 24 when all addresses that share them are answered alike, otherwise 32.
  std::uint32_t bits_that_decide(Ip4 address) const { return reader().bits_that_decide(address); }
  // values[i] becomes what lookup(addresses[i]) returns; count: up to kMaxBurst.
  void lookup_burst(const Ip4* addresses, std::uint32_t* values, std::uint32_t count) const {
    burst(addresses, values, count);
  }
  void lookup_burst(const Ip6* addresses, std::uint32_t* values, std::uint32_t count) const {
    burst(addresses, values, count);
  }

 private:
  using Entry = lpm::Entry;
  using Word = lpm::Word;
  struct Change {
    LpmBits bits;
    std::uint32_t length;
  };
  static constexpr std::size_t kRootBytes = sizeof(Word) << lpm::kRootBits;
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kHugeRoutes = 1u << 16;

  lpm::Reader reader() const { return {root_, pool_.data()}; }
  std::uint32_t or_default(Entry entry) const {
    return entry != kNone ? entry : default_.load(std::memory_order_relaxed);
  }
  template <typename Address>
  void burst(const Address* addresses, std::uint32_t* values, std::uint32_t count) const {
    assert(count <= kMaxBurst);
    reader().lookup_burst(addresses, values, count);
    const std::uint32_t otherwise = default_.load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < count; ++i)
      values[i] = values[i] != kNone ? values[i] : otherwise;
  }
  Route exported(const LpmRoute& route) const;

  void update(const Change& change) noexcept;
  void update_many(const Change& change);
  void rebuild_slot(std::uint32_t slot, const Change& change);
  void publish(std::uint32_t slot, Word word);
  Word rebuild_word(Word word, const LpmBits& at, std::uint32_t depth, const Change& change);
  Entry rebuild(Entry entry, std::uint32_t depth, const Change& change);
  Entry rebuild_split(Entry split, std::uint32_t depth, const Change& change);
  Entry rebuild_in_bucket(Entry bucket, const Change& change);
  void paint(lpm::Slots& slots, const LpmBits& at, std::uint32_t depth, const Change& change);
  Entry build(std::span<const LpmRoute> routes, std::uint32_t depth, std::uint32_t inherited);
  Entry build_split(std::span<const LpmRoute> routes, std::uint32_t depth, std::uint32_t inherited);
  std::uint32_t value_at(const LpmBits& bits, std::uint32_t length) const;
  std::span<const LpmRoute> routes_below(const LpmBits& bits, std::uint32_t length);
  void prefer_huge_pages();

  const std::uint32_t address_bytes_;
  LpmRib rib_;
  // The root is zero where no route is, and its pages untouched.
  LpmMemory root_memory_{kRootBytes, PROT_READ | PROT_WRITE};
  std::atomic<Word>* const root_ = reinterpret_cast<std::atomic<Word>*>(root_memory_.data());
  LpmPool pool_;
  lpm::Nodes nodes_{pool_};
  // The route of length 0 is not pushed down: it would touch the whole root.
  std::atomic<std::uint32_t> default_{kNone};
  std::bitset<kRootBytes / kPage> touched_;
  bool huge_ = false;
  std::vector<LpmRoute> scratch_;
};

}  // namespace millrace
