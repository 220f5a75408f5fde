#pragma once
// Writes and retires the nodes of an Lpm's FIB; what lpm_entry.hpp is to readers, for the writer.
// Nodes never change once a reader can see them.
#include <algorithm>
#include <array>
#include <cstdint>

#include "tables/lpm_entry.hpp"
#include "tables/lpm_pool.hpp"
#include "tables/lpm_ranges.hpp"

namespace millrace::lpm {

template <std::size_t kCount>
using SlotArray = std::array<Entry, kCount>;
using Slots = SlotArray<kWordSlots>;
using Words = std::array<Word, 8>;

// Fills slots from the ranges that cut_into_ranges emits.
template <std::size_t kCount>
class SlotFiller {
 public:
  explicit SlotFiller(SlotArray<kCount>& slots) : slots_(slots) {}
  ~SlotFiller() { fill(kCount); }
  SlotFiller(const SlotFiller&) = delete;
  SlotFiller& operator=(const SlotFiller&) = delete;

  void begin(std::uint64_t key, Entry entry) {
    fill(key);
    entry_ = entry;
  }

 private:
  void fill(std::uint64_t end) {
    std::fill(slots_.begin() + static_cast<std::ptrdiff_t>(from_),
              slots_.begin() + static_cast<std::ptrdiff_t>(end), entry_);
    from_ = end;
  }
  SlotArray<kCount>& slots_;
  std::uint64_t from_ = 0;
  Entry entry_ = 0;
};

class Nodes {
 public:
  explicit Nodes(LpmPool& pool) : pool_(pool) {}

  const Entry* at(Entry child) const { return pool_.data() + index_of(child); }

  Slots expand(Word word) const {
    Slots slots;
    const Entry* entry = pool_.data() + index_of(word);
    for (std::uint32_t i = 0; i < kWordSlots; ++i) {
      entry += word >> i & 1;
      slots[i] = *entry;
    }
    return slots;
  }

  // slots: 32 of them.
  Word make_word(const Entry* slots) {
    Slots runs;
    std::uint32_t count = 0, begins = 0;
    for (std::uint32_t i = 0; i < kWordSlots; ++i) {
      if (i > 0 && slots[i] == slots[i - 1]) continue;
      if (i > 0) begins |= 1u << i;
      runs[count++] = slots[i];
    }
    if (count == 1 && runs[0] == 0) return 0;
    const std::uint32_t index = pool_.allocate(count);
    std::copy_n(runs.begin(), count, pool_.data() + index);
    return Word{index} << 32 | begins;
  }

  // A word whose slots are all `value`, in place of `word` and all below it.
  Word replace(Word word, Entry value) {
    if (runs_of(word) == 0 && pool_.data()[index_of(word)] == value) return word;
    retire_word(word);
    if (value == 0) return 0;
    const std::uint32_t index = pool_.allocate(1);
    pool_.data()[index] = value;
    return Word{index} << 32;
  }

  Words words_of(Entry split) const {
    Words words;
    for (std::uint32_t i = 0; i < words.size(); ++i) words[i] = load_word(at(split), i);
    return words;
  }

  // A split of these words for the prefix bits/depth, or what says the same in less space.
  Entry make_split(const Words& words, const LpmBits& bits, std::uint32_t depth,
                   std::uint32_t address_bytes) {
    if (few_values(words)) {
      const std::uint32_t byte = std::min(depth / 8, address_bytes - 4);
      const LpmRanges ranges = ranges_of(words, slice(bits, byte * 8, 32), 24 + byte * 8 - depth);
      for (const Word word : words) retire_array(word);
      return make_bucket(ranges, byte);
    }
    const std::uint32_t index = pool_.allocate(kLineUnits);
    for (std::uint32_t i = 0; i < words.size(); ++i) store_word(pool_.data() + index, i, words[i]);
    return make_child(0, depth / 8, index);
  }

  // A bucket that looks at the four bytes from `byte` on; a single range needs none.
  Entry make_bucket(const LpmRanges& ranges, std::uint32_t byte) {
    if (ranges.count() == 1) return ranges.entry(0);
    const std::uint32_t index = pool_.allocate(2 * kLineUnits);
    Entry* bucket = pool_.data() + index;
    for (std::uint32_t i = 0; i < kRanges; ++i) {
      const bool used = i < ranges.count();
      bucket[i] = static_cast<Entry>(ordered(used ? ranges.start(i) : 0xffffffffu));
      bucket[kRanges + i] = ranges.entry(used ? i : ranges.count() - 1);
    }
    return make_child(kBucket, byte, index);
  }

  // The ranges of a bucket, that of `key` with another entry.
  LpmRanges ranges_with(Entry bucket, std::uint32_t key, Entry entry) const {
    const Entry* starts = at(bucket);
    const Entry* entries = starts + kRanges;
    // Unused places repeat the last range, and a key that is the very last one finds them.
    std::uint32_t used = 1;
    while (used < kRanges && entries[used] != entries[used - 1]) ++used;
    const std::uint32_t changed = std::min(range_of(starts, key), used - 1);
    LpmRanges ranges;
    for (std::uint32_t i = 0; i < used; ++i)
      ranges.add(starts[i] ^ 0x80000000u, i == changed ? entry : entries[i]);
    return ranges;
  }

  void retire_array(Word word) {
    if (word != 0) pool_.retire(index_of(word), runs_of(word) + 1);
  }
  // The node itself, not what is below.
  void retire_node(Entry child) {
    pool_.retire(index_of(child), is_bucket(child) ? 2 * kLineUnits : kLineUnits);
  }
  void retire_tree(Entry entry) {
    if (!is_child(entry)) return;
    retire_node(entry);
    if (is_bucket(entry)) return retire_runs(at(entry) + kRanges, kRanges);
    for (const Word word : words_of(entry)) retire_word(word);
  }

 private:
  void retire_word(Word word) {
    retire_runs(pool_.data() + index_of(word), runs_of(word) + 1);
    retire_array(word);
  }
  void retire_runs(const Entry* entries, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i)
      if (i == 0 || entries[i] != entries[i - 1]) retire_tree(entries[i]);
  }
  // Whether a bucket holds the same; fewer ranges than would fit, lest the two forms alternate.
  bool few_values(const Words& words) const {
    std::uint32_t changes = 0;
    for (const Word word : words) changes += runs_of(word);
    if (changes > 4) return false;
    return std::ranges::all_of(words, [&](Word word) {
      const Entry* entries = pool_.data() + index_of(word);
      return std::none_of(entries, entries + runs_of(word) + 1, is_child);
    });
  }
  LpmRanges ranges_of(const Words& words, std::uint32_t first, std::uint32_t shift) const {
    LpmRanges ranges;
    for (std::uint32_t i = 0; i < words.size() * kWordSlots; ++i) {
      const Word word = words[i / kWordSlots];
      const Entry entry = pool_.data()[slot_index(word, i % kWordSlots)];
      ranges.add(i == 0 ? 0 : first | i << shift, entry);
    }
    return ranges;
  }

  LpmPool& pool_;
};

}  // namespace millrace::lpm
