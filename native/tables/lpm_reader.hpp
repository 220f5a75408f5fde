#pragma once
// Lookups in the FIB of an Lpm: alone, and in bursts whose memory accesses overlap.
#include <array>
#include <atomic>
#include <cstdint>

#include "tables/lpm_entry.hpp"

namespace millrace::lpm {

constexpr std::uint32_t kBurst = 64;

struct Reader {
  const std::atomic<Word>* root;
  const Entry* units;

  template <typename Address>
  Entry lookup(const Address& address) const {
    Entry entry = units[first_index(address)];
    while (is_child(entry)) {
      const Entry* node = units + index_of(entry);
      const std::uint32_t byte = byte_of(entry);
      entry = is_bucket(entry) ? search(node, four_at(address, byte))
                               : units[split_index(node, byte_at(address, byte))];
    }
    return entry;
  }

  // How many leading bits of the address decide what lookup() says: 16 or 24 when it says the same
  // for all addresses that share them, otherwise 32.
  std::uint32_t bits_that_decide(Ip4 address) const {
    const Entry entry = units[first_index(address)];
    if (is_child(entry)) return 32;
    for (std::uint32_t slot = 0; slot < kWordsOf16; ++slot) {
      const Word word = root[(address >> 16) * kWordsOf16 + slot].load(std::memory_order_acquire);
      if (runs_of(word) != 0 || units[index_of(word)] != entry) return 24;
    }
    return 16;
  }

  // In stages over the whole burst: each stage asks for the cache lines that the next one reads.
  template <typename Address>
  void lookup_burst(const Address* addresses, Entry* entries, std::uint32_t count) const {
    std::array<std::uint32_t, kBurst> at;
    for (std::uint32_t i = 0; i < count; ++i)
      __builtin_prefetch(&root[first_four(addresses[i]) >> (32 - kRootBits)]);
    for (std::uint32_t i = 0; i < count; ++i) {
      at[i] = first_index(addresses[i]);
      __builtin_prefetch(units + at[i]);
    }
    Entry any = 0;
    for (std::uint32_t i = 0; i < count; ++i) any |= entries[i] = units[at[i]];
    if (is_child(any)) descend(addresses, entries, count);
  }

 private:
  static_assert(kRootBits + kWordBits == 24);
  static constexpr std::uint32_t kWordsOf16 = 1u << (kRootBits - 16);

  template <typename Address>
  std::uint32_t first_index(const Address& address) const {
    const std::uint32_t bits = first_four(address);
    const Word word = root[bits >> (32 - kRootBits)].load(std::memory_order_acquire);
    return slot_index(word, bits >> (32 - kRootBits - kWordBits) & (kWordSlots - 1));
  }
  static std::uint32_t split_index(const Entry* split, std::uint32_t byte) {
    return slot_index(load_word(split, byte >> kWordBits), byte & (kWordSlots - 1));
  }

  // The levels below the root's arrays, each for all lookups that are not at their end. Those are
  // listed by the kind of their next node; which one that is is as good as random, so they are
  // told apart without a branch.
  template <typename Address>
  void descend(const Address* addresses, Entry* entries, std::uint32_t count) const {
    std::array<std::uint32_t, kBurst + 1> splits, buckets;
    std::array<std::uint32_t, kBurst> at, who;
    std::uint32_t split_count = 0, bucket_count = 0;
    const auto settle = [&](std::uint32_t i, Entry entry) {
      entries[i] = entry;
      const Entry* node = units + (is_child(entry) ? index_of(entry) : 0);
      __builtin_prefetch(node);
      __builtin_prefetch(node + kRanges);
      splits[split_count] = buckets[bucket_count] = i;
      split_count += (entry >> 30) == (kChild >> 30);
      bucket_count += (entry >> 30) == ((kChild | kBucket) >> 30);
    };
    for (std::uint32_t i = 0; i < count; ++i) settle(i, entries[i]);
    while (split_count + bucket_count > 0) {
      const std::uint32_t split_end = split_count, bucket_end = bucket_count;
      for (std::uint32_t j = 0; j < split_end; ++j) {
        const std::uint32_t i = who[j] = splits[j];
        const std::uint32_t byte = byte_at(addresses[i], byte_of(entries[i]));
        at[j] = split_index(units + index_of(entries[i]), byte);
        __builtin_prefetch(units + at[j]);
      }
      split_count = bucket_count = 0;
      for (std::uint32_t j = 0; j < bucket_end; ++j) {
        const std::uint32_t i = buckets[j];
        const std::uint32_t four = four_at(addresses[i], byte_of(entries[i]));
        settle(i, search(units + index_of(entries[i]), four));
      }
      for (std::uint32_t j = 0; j < split_end; ++j) settle(who[j], units[at[j]]);
    }
  }
};

}  // namespace millrace::lpm
