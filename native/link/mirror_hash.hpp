#pragma once
// Mixing of bits for the mirror's hash tables (the finaliser of MurmurHash3).
#include <array>
#include <cstdint>
#include <cstring>

namespace millrace {

constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 33) * 0xff51afd7ed558ccdULL;
  value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return value ^ value >> 33;
}

inline std::uint64_t mix_bytes(std::uint64_t hash, const std::array<std::uint8_t, 16>& bytes) {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), bytes.data(), 16);
  return mix(mix(hash ^ words[0]) + words[1]);
}

}  // namespace millrace
