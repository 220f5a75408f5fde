#pragma once
// For tests: longest-prefix match the slow and obvious way, one hash map per prefix length, and
// random prefixes that overlap, nest and cluster as real ones do.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <unordered_map>
#include <vector>

#include "tables/lpm.hpp"

namespace millrace {

using LpmAddress = std::array<std::uint8_t, 16>;

struct LpmPrefix {
  LpmAddress address{};
  std::uint32_t length = 0;
};

inline LpmAddress without_host_bits(LpmAddress address, std::uint32_t length) {
  for (std::uint32_t bit = length; bit < 128; ++bit)
    address[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> (bit % 8)));
  return address;
}

class LpmReference {
 public:
  void insert(const LpmPrefix& prefix, std::uint32_t value) {
    by_length_[prefix.length][prefix.address] = value;
  }
  bool erase(const LpmPrefix& prefix) {
    return by_length_[prefix.length].erase(prefix.address) > 0;
  }
  std::size_t size() const {
    std::size_t size = 0;
    for (const auto& [length, routes] : by_length_) size += routes.size();
    return size;
  }
  struct Found {
    std::uint32_t value = Lpm::kNone;
    std::uint32_t length = 0;
  };
  Found lookup(const LpmAddress& address) const {
    // NOLINTNEXTLINE(modernize-loop-convert): clang 14 cannot read <ranges>
    for (auto at = by_length_.rbegin(); at != by_length_.rend(); ++at) {
      const auto found = at->second.find(without_host_bits(address, at->first));
      if (found != at->second.end()) return {found->second, at->first};
    }
    return {};
  }

 private:
  struct Hash {
    std::size_t operator()(const LpmAddress& address) const {
      const std::string_view bytes(reinterpret_cast<const char*>(address.data()), address.size());
      return std::hash<std::string_view>()(bytes);
    }
  };
  std::map<std::uint32_t, std::unordered_map<LpmAddress, std::uint32_t, Hash>> by_length_;
};

// From MILLRACE_TEST_SEED, else a new one each time.
inline std::uint32_t lpm_test_seed() {
  const char* given = std::getenv("MILLRACE_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 0))
                                     : std::random_device()();
  std::cout << "MILLRACE_TEST_SEED=" << seed << std::endl;
  return seed;
}

class LpmRandom {
 public:
  LpmRandom(std::uint32_t seed, std::uint32_t address_bytes)
      : random_(seed), bytes_(address_bytes) {}

  std::uint32_t below(std::uint32_t limit) { return random_() % limit; }

  LpmAddress address() {
    LpmAddress address{};
    for (std::uint32_t i = 0; i < bytes_; ++i) address[i] = static_cast<std::uint8_t>(random_());
    return address;
  }
  // A random address whose first bits are those of the prefix.
  LpmAddress inside(const LpmPrefix& prefix) {
    LpmAddress address = this->address();
    for (std::uint32_t bit = 0; bit < prefix.length; ++bit) {
      const auto mask = static_cast<std::uint8_t>(0x80u >> (bit % 8));
      address[bit / 8] &= static_cast<std::uint8_t>(~mask);
      address[bit / 8] |= prefix.address[bit / 8] & mask;
    }
    return address;
  }
  // Anywhere, or near one of the others: inside it or around it.
  LpmPrefix prefix(const std::vector<LpmPrefix>& others) {
    static constexpr std::array<std::uint32_t, 16> kUsual6 = {20, 29, 32, 36, 40, 44, 47,  48,
                                                              52, 56, 60, 63, 64, 96, 120, 128};
    // Changes of very short prefixes take milliseconds each: a few will do.
    const std::uint32_t shortest = below(32) == 0 ? 0 : 8;
    // Of IPv6 not every length, for the reference looks at each in turn.
    const std::uint32_t step = bytes_ == 4 ? 1 : 4;
    const std::uint32_t any = shortest + below((bytes_ * 8 - shortest) / step + 1) * step;
    const std::uint32_t length = below(4) == 0  ? any
                                 : bytes_ == 16 ? kUsual6[below(16)]
                                                : 12 + below(21);
    if (others.empty() || below(3) == 0) return {without_host_bits(address(), length), length};
    LpmPrefix other = others[below(static_cast<std::uint32_t>(others.size()))];
    if (below(2) == 0) other.length -= below(other.length / 8 + 1);
    return {without_host_bits(inside(other), length), length};
  }

 private:
  std::mt19937 random_;
  const std::uint32_t bytes_;
};

inline std::uint32_t lookup_in(const Lpm& table, const LpmAddress& address, std::uint32_t bytes) {
  return bytes == 4 ? table.lookup(load_be32(address.data())) : table.lookup(Ip6{address});
}

}  // namespace millrace
