#include "engine/routing_prefix.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstdio>
#include <stdexcept>

namespace millrace {

bool Prefix::contains(const IpAddress& other) const {
  if (other.ip6 != ip6()) return false;
  const std::uint32_t whole = length / 8, rest = length % 8;
  if (std::memcmp(data(), other.data(), whole) != 0) return false;
  return rest == 0 || ((data()[whole] ^ other.data()[whole]) >> (8 - rest)) == 0;
}

Prefix Prefix::shortened(std::uint32_t bits) const {
  Prefix result{address, bits};
  auto& bytes = result.address.bytes.bytes;
  for (std::uint32_t i = bits / 8; i < 16; ++i)
    bytes[i] &= i == bits / 8 ? static_cast<std::uint8_t>(0xff00u >> (bits % 8)) : std::uint8_t{0};
  return result;
}

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(address.ip6 ? AF_INET6 : AF_INET, address.data(), text, sizeof(text));
  return text;
}

std::string to_text(const Prefix& prefix) {
  return to_text(prefix.address) + "/" + std::to_string(prefix.length);
}

std::string to_text(const Mac& mac) {
  char text[18];
  const auto& b = mac.bytes;
  std::snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
                b[5]);
  return text;
}

IpAddress parse_address(std::string_view text) {
  IpAddress address;
  address.ip6 = text.find(':') != std::string_view::npos;
  const std::string copy(text);
  if (::inet_pton(address.ip6 ? AF_INET6 : AF_INET, copy.c_str(), address.bytes.bytes.data()) != 1)
    throw std::invalid_argument("address \"" + copy + "\" is neither IPv4 nor IPv6");
  return address;
}

Prefix parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  Prefix prefix{parse_address(text.substr(0, slash)), 0};
  const std::string_view digits =
      slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), prefix.length);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
      prefix.length > prefix.address.bits())
    throw std::invalid_argument("prefix \"" + std::string(text) + "\" has no valid length");
  return prefix;
}

Mac parse_mac(std::string_view text) {
  Mac mac;
  bool good = text.size() == 17;
  for (std::size_t i = 0; good && i < 6; ++i) {
    const char* at = text.data() + i * 3;
    good = std::from_chars(at, at + 2, mac.bytes[i], 16).ptr == at + 2 && (i == 5 || at[2] == ':');
  }
  if (!good) throw std::invalid_argument("\"" + std::string(text) + "\" is not a MAC address");
  return mac;
}

}  // namespace millrace
