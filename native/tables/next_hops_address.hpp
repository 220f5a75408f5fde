#pragma once
// An address of either family, as the control side keeps it.
#include <algorithm>
#include <compare>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"

namespace millrace {

struct IpAddress {
  bool ip6 = false;
  Ip6 bytes{};  // an IPv4 address is in the first four, the others are zero
  auto operator<=>(const IpAddress&) const = default;

  static IpAddress from(bool ip6, const std::uint8_t* bytes) {
    IpAddress address;
    address.ip6 = ip6;
    std::memcpy(address.bytes.bytes.data(), bytes, ip6 ? 16 : 4);
    return address;
  }
  static IpAddress of(Ip4 ip4) {
    IpAddress address;
    store_be32(address.bytes.bytes.data(), ip4);
    return address;
  }
  static IpAddress of(const Ip6& ip6) { return {true, ip6}; }

  const std::uint8_t* data() const { return bytes.bytes.data(); }
  std::uint32_t bits() const { return ip6 ? 128 : 32; }

  bool is_unspecified() const { return bytes == Ip6{}; }
  bool is_multicast() const { return ip6 ? data()[0] == 0xff : (data()[0] >> 4) == 14; }
  // RFC 3927, RFC 4291 2.5.6
  bool is_link_local() const {
    return ip6 ? data()[0] == 0xfe && (data()[1] & 0xc0) == 0x80
               : data()[0] == 169 && data()[1] == 254;
  }
};

}  // namespace millrace
