#pragma once
// What the FIB of an Lpm is made of, as readers see it.
//
// Entry, 32 bits: a value, or the child below: bit 31 set, its kind in bit 30, the byte of the
// address where it goes on in bits 26 to 29, its cache line in the pool in bits 0 to 25.
// Word, 64 bits, stands for 32 slots: the pool index of an array of entries in the upper half;
// bit i of the lower half is set when slot i begins the next entry of that array.
// Split: a line of 8 words, indexed by one byte of the address.
// Bucket: a line of 16 range starts, compared with four bytes of the address, and a line with the
// entries of those ranges. It stands for up to 32 levels of a sparse part of the table.
#include <bit>
#include <cstdint>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/bytes.hpp"

namespace millrace::lpm {

using Entry = std::uint32_t;
using Word = std::uint64_t;

constexpr Entry kChild = 1u << 31;
constexpr Entry kBucket = 1u << 30;
constexpr std::uint32_t kByteShift = 26;
constexpr std::uint32_t kLineUnits = 16;  // entries that fill a cache line
constexpr std::uint32_t kWordBits = 5;
constexpr std::uint32_t kWordSlots = 1u << kWordBits;
constexpr std::uint32_t kRootBits = 19;  // one word for each value of them
constexpr std::uint32_t kRanges = 16;

inline bool is_child(Entry entry) {
  return (entry & kChild) != 0;
}
inline bool is_bucket(Entry entry) {
  return (entry & (kChild | kBucket)) == (kChild | kBucket);
}
inline std::uint32_t byte_of(Entry child) {
  return child >> kByteShift & 0xf;
}
inline std::uint32_t index_of(Entry child) {
  return (child & ((1u << kByteShift) - 1)) * kLineUnits;
}
inline Entry make_child(Entry kind, std::uint32_t byte, std::uint32_t index) {
  return kChild | kind | byte << kByteShift | index / kLineUnits;
}

inline std::uint32_t index_of(Word word) {
  return static_cast<std::uint32_t>(word >> 32);
}
// Entries in the array of a word, less one.
inline std::uint32_t runs_of(Word word) {
  return static_cast<std::uint32_t>(std::popcount(static_cast<std::uint32_t>(word)));
}
inline std::uint32_t slot_index(Word word, std::uint32_t slot) {
  return index_of(word) + runs_of(word & ((2u << slot) - 1));
}

inline Word load_word(const Entry* split, std::uint32_t number) {
  Word word;
  std::memcpy(&word, split + number * 2, sizeof(word));
  return word;
}
inline void store_word(Entry* split, std::uint32_t number, Word word) {
  std::memcpy(split + number * 2, &word, sizeof(word));
}

// Starts are kept as signed numbers of the same order, which vector units compare.
inline std::int32_t ordered(std::uint32_t key) {
  return static_cast<std::int32_t>(key ^ 0x80000000u);
}
// Which range of a bucket holds key; the first one starts at zero.
inline std::uint32_t range_of(const Entry* bucket, std::uint32_t key) {
#ifdef __SSE2__
  const auto* starts = reinterpret_cast<const __m128i*>(bucket);
  const __m128i wanted = _mm_set1_epi32(ordered(key));
  const auto later = [&](int i) { return _mm_cmpgt_epi32(_mm_load_si128(starts + i), wanted); };
  const __m128i low = _mm_packs_epi32(later(0), later(1));
  const __m128i high = _mm_packs_epi32(later(2), later(3));
  const int all = _mm_movemask_epi8(_mm_packs_epi16(low, high));
  return static_cast<std::uint32_t>(std::countr_zero(static_cast<std::uint32_t>(all) | 0x10000u)) -
         1;
#else
  std::uint32_t begun = 0;
  for (std::uint32_t i = 0; i < kRanges; ++i)
    begun += static_cast<std::int32_t>(bucket[i]) <= ordered(key);
  return begun - 1;
#endif
}
inline Entry search(const Entry* bucket, std::uint32_t key) {
  return bucket[kRanges + range_of(bucket, key)];
}

// The parts of an address that nodes look at.
inline std::uint32_t first_four(Ip4 address) {
  return address;
}
inline std::uint32_t first_four(const Ip6& address) {
  return load_be32(address.bytes.data());
}
inline std::uint32_t four_at(Ip4 address, std::uint32_t) {
  return address;
}
inline std::uint32_t four_at(const Ip6& address, std::uint32_t byte) {
  return load_be32(address.bytes.data() + byte);
}
inline std::uint32_t byte_at(Ip4 address, std::uint32_t byte) {
  return address >> (24 - 8 * byte) & 0xff;
}
inline std::uint32_t byte_at(const Ip6& address, std::uint32_t byte) {
  return address.bytes[byte];
}

}  // namespace millrace::lpm
