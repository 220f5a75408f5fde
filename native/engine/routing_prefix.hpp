#pragma once
// Prefixes and addresses as values and as text.
#include <string>
#include <string_view>

#include "tables/next_hops_address.hpp"

namespace millrace {

struct Prefix {
  IpAddress address;  // host bits zero
  std::uint32_t length = 0;
  // In order of address and length: what lies inside a prefix follows it.
  auto operator<=>(const Prefix&) const = default;

  static Prefix host(const IpAddress& address) { return {address, address.bits()}; }
  bool ip6() const { return address.ip6; }
  const std::uint8_t* data() const { return address.data(); }
  bool contains(const IpAddress& other) const;
  bool contains(const Prefix& other) const {
    return other.length >= length && contains(other.address);
  }
  // The same prefix cut to fewer bits.
  Prefix shortened(std::uint32_t bits) const;
  bool has_host_bits() const { return shortened(length) != *this; }
};

std::string to_text(const IpAddress& address);
std::string to_text(const Prefix& prefix);
std::string to_text(const Mac& mac);

// Throw std::invalid_argument that names the text.
IpAddress parse_address(std::string_view text);
Prefix parse_prefix(std::string_view text);  // CIDR; host bits are not judged
Mac parse_mac(std::string_view text);

}  // namespace millrace
