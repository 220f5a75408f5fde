#pragma once
// What both sides are given and what comes back.
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "graph/test_packets.hpp"

namespace millrace {

struct Output {
  std::uint16_t port;
  Bytes frame;
  bool operator==(const Output&) const = default;
};
using Outputs = std::vector<Output>;

// What matters of an IP packet, in words.
inline std::string headline(const Bytes& frame) {
  if (frame.size() < kEthernetLength + ip6::kHeader) return "short ";
  const std::uint8_t* ip = &frame[kEthernetLength];
  const bool v6 = load_be16(&frame[12]) == kEtherTypeIp6;
  std::string text = v6 ? "IPv6 " : "IPv4 ";
  const std::span<const std::uint8_t> bytes(ip, ip6::kHeader);
  text += hex(bytes.subspan(v6 ? ip6::kSource : ip4::kSource, v6 ? 16 : 4)) + " > " +
          hex(bytes.subspan(v6 ? ip6::kDestination : ip4::kDestination, v6 ? 16 : 4));
  const auto number = [](unsigned value) { return std::to_string(value); };
  text += " protocol " + number(ip[v6 ? ip6::kNextHeader : ip4::kProtocol]) + " ttl " +
          number(ip[v6 ? ip6::kHopLimit : ip4::kTtl]) + " frame " + number(frame.size());
  const std::size_t l4 = kEthernetLength + (v6 ? ip6::kHeader : (ip[0] & 15u) * 4);
  const std::uint8_t protocol = ip[v6 ? ip6::kNextHeader : ip4::kProtocol];
  if (protocol == (v6 ? kProtoIcmp6 : kProtoIcmp) && frame.size() > l4 + 1)
    text += " icmp " + number(frame[l4]) + "/" + number(frame[l4 + 1]);
  return text + "  ";
}

inline std::string text_of(const Outputs& outputs) {
  if (outputs.empty()) return "    nothing\n";
  std::string text;
  for (const Output& output : outputs)
    text += "    port " + std::to_string(output.port) + ": " + headline(output.frame) +
            hex(output.frame) + "\n";
  return text;
}

// From MILLRACE_TEST_SEED, else a new one each time.
inline unsigned differential_seed() {
  const char* given = std::getenv("MILLRACE_TEST_SEED");
  const unsigned seed = given == nullptr ? std::random_device{}()
                                         : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  std::cout << "MILLRACE_TEST_SEED=" << seed << std::endl;
  return seed;
}

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  // 0 to below - 1.
  std::uint32_t roll(std::uint32_t below) { return static_cast<std::uint32_t>(random_()) % below; }
  bool percent(std::uint32_t chance) { return roll(100) < chance; }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + roll(high - low + 1);
  }
  std::uint32_t word() { return static_cast<std::uint32_t>(random_()); }
  Bytes bytes(std::size_t length) {
    Bytes made(length);
    for (std::uint8_t& byte : made) byte = static_cast<std::uint8_t>(random_());
    return made;
  }
  template <class List>
  const auto& one_of(const List& list) {
    return *(std::begin(list) + roll(static_cast<std::uint32_t>(std::size(list))));
  }

 private:
  std::mt19937 random_;
};

}  // namespace millrace
