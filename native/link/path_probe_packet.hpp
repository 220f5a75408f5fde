#pragma once
// The echo of a path probe: both families have the same layout, and other types.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {

// What tells an answer to our probe from all else (RFC 8899 4.6.1): identifier and sequence number,
// which errors quote too, and a nonce that only the destination sees.
struct EchoMark {
  std::array<std::uint8_t, 4> id_and_sequence;
  std::array<std::uint8_t, 8> nonce;

  // Random. Throws std::system_error when the kernel has no randomness.
  static EchoMark make();
};

// The ICMP message of so many bytes; the kernel fills in the checksum of ICMPv6.
std::vector<std::uint8_t> echo_request(bool ip6, const EchoMark& mark, std::size_t bytes);

// Whether this, without its IP header, is the answer to it.
bool is_echo_reply(std::span<const std::uint8_t> message, bool ip6, const EchoMark& mark);

// Whether an ICMP error that quotes this is about it.
bool is_quoted_request(std::span<const std::uint8_t> quoted, bool ip6, const EchoMark& mark);

}  // namespace millrace
