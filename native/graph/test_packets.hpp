#pragma once
// Packets as data, for the tests and the fuzzer. The checksums here are written the textbook way,
// byte by byte and big-endian, so that they share no mistake with base/checksum.hpp.
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/headers.hpp"

namespace millrace {

using Bytes = std::vector<std::uint8_t>;

constexpr Ip4 ip4_address(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// The address from its eight groups, leading zeros left out: {0xfd00, 1, 0, 0, 0, 0, 0, 2}.
constexpr Ip6 ip6_address(const std::array<std::uint16_t, 8>& groups) {
  Ip6 address;
  for (std::size_t i = 0; i < 8; ++i) {
    address.bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    address.bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xff);
  }
  return address;
}

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes whole;
  for (const Bytes& part : parts) whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

// length bytes 0, 1, 2 …
inline Bytes counting(std::size_t length) {
  Bytes bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}

inline std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (text.size() % 33 == 32) text += ' ';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// One's complement sum of 16-bit words, not inverted: RFC 1071.
inline std::uint16_t reference_sum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(sum);
}

inline std::uint16_t reference_checksum(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint16_t>(0xffff - reference_sum(bytes));
}

// The most significant bit first, with the polynomial as RFC 9260 appendix A prints it; the bytes
// and the result are reflected instead.
inline std::uint32_t reference_crc32c(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      const bool subtract = ((crc >> 31) ^ ((byte >> bit) & 1u)) != 0;
      crc = (crc << 1) ^ (subtract ? 0x1edc6f41u : 0u);
    }
  }
  std::uint32_t reflected = 0;
  for (std::uint32_t bit = 0; bit < 32; ++bit) reflected |= ((crc >> bit) & 1u) << (31 - bit);
  return ~reflected;
}

inline Bytes ethernet(const Mac& destination, const Mac& source, std::uint16_t type,
                      const Bytes& payload) {
  Bytes header(kEthernetLength);
  std::memcpy(header.data(), destination.bytes.data(), 6);
  std::memcpy(header.data() + 6, source.bytes.data(), 6);
  store_be16(header.data() + 12, type);
  return join({header, payload});
}

struct Ip4Fields {
  Ip4 source = 0;
  Ip4 destination = 0;
  std::uint8_t protocol = kProtoUdp;
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  std::uint16_t fragment = 0;  // flags and offset
  Bytes options{};             // a multiple of 4 bytes
};

// Writes the header checksum, as long as the header is there.
inline void seal_ip4(Bytes& packet, std::size_t at = 0) {
  if (packet.size() < at + ip4::kMinHeader) return;
  const std::size_t length = std::min<std::size_t>((packet[at] & 15u) * 4u, packet.size() - at);
  if (length < ip4::kMinHeader) return;
  store_be16(&packet[at + ip4::kChecksum], 0);
  store_be16(&packet[at + ip4::kChecksum],
             reference_checksum(std::span(packet).subspan(at, length)));
}

inline Bytes ip4_packet(const Ip4Fields& fields, const Bytes& payload) {
  Bytes header(ip4::kMinHeader);
  const std::size_t length = ip4::kMinHeader + fields.options.size();
  header[0] = static_cast<std::uint8_t>(0x40 | length / 4);
  header[1] = fields.tos;
  store_be16(&header[ip4::kTotalLength], static_cast<std::uint16_t>(length + payload.size()));
  store_be16(&header[ip4::kFragment], fields.fragment);
  header[ip4::kTtl] = fields.ttl;
  header[ip4::kProtocol] = fields.protocol;
  store_be32(&header[ip4::kSource], fields.source);
  store_be32(&header[ip4::kDestination], fields.destination);
  Bytes packet = join({header, fields.options, payload});
  seal_ip4(packet);
  return packet;
}

struct Ip6Fields {
  Ip6 source{};
  Ip6 destination{};
  std::uint8_t next = kProtoUdp;
  std::uint8_t hop_limit = 64;
};

// payload: extension headers and all that follows.
inline Bytes ip6_packet(const Ip6Fields& fields, const Bytes& payload) {
  Bytes header(ip6::kHeader);
  header[0] = 0x60;
  store_be16(&header[ip6::kPayloadLength], static_cast<std::uint16_t>(payload.size()));
  header[ip6::kNextHeader] = fields.next;
  header[ip6::kHopLimit] = fields.hop_limit;
  std::memcpy(&header[ip6::kSource], fields.source.bytes.data(), 16);
  std::memcpy(&header[ip6::kDestination], fields.destination.bytes.data(), 16);
  return join({header, payload});
}

// A hop-by-hop, routing or destination options header of units * 8 bytes that asks for nothing.
inline Bytes extension(std::uint8_t next, std::size_t units = 1) {
  Bytes header(units * 8);
  header[0] = next;
  header[1] = static_cast<std::uint8_t>(units - 1);
  for (std::size_t at = 2; at < header.size();) {  // PadN options, RFC 8200 4.2
    const std::size_t length = std::min<std::size_t>(header.size() - at, 250);
    header[at] = length == 1 ? 0 : 1;
    if (length > 1) header[at + 1] = static_cast<std::uint8_t>(length - 2);
    at += length;
  }
  return header;
}

// Transport headers with the checksum field 0; set_checksum() fills it in.
inline Bytes udp(const Bytes& data) {
  Bytes header(8);
  store_be16(&header[0], 4000);
  store_be16(&header[2], 5000);
  store_be16(&header[4], static_cast<std::uint16_t>(8 + data.size()));
  return join({header, data});
}

inline Bytes tcp(const Bytes& data) {
  Bytes header(20);
  store_be16(&header[0], 4000);
  store_be16(&header[2], 5000);
  store_be32(&header[4], 0x01020304);
  header[12] = 0x50;
  header[13] = 0x10;
  store_be16(&header[14], 1024);
  return join({header, data});
}

// rest: the four bytes behind the checksum. The checksum is right for ICMP, 0 for ICMPv6.
inline Bytes icmp_message(std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                          const Bytes& data) {
  Bytes header(8);
  header[0] = type;
  header[1] = code;
  store_be32(&header[4], rest);
  return join({header, data});
}

inline Bytes icmp4_message(std::uint8_t type, std::uint8_t code, std::uint32_t rest,
                           const Bytes& data) {
  Bytes message = icmp_message(type, code, rest, data);
  store_be16(&message[2], reference_checksum(message));
  return message;
}

enum class Checksum : std::uint8_t { kRight, kPartial, kWrong, kNone };

struct Transport4or6 {
  std::uint8_t protocol;
  std::size_t start;  // in the frame
  std::size_t field;  // from start
};

// RFC 793 3.1 and RFC 8200 8.1 as bytes, for a frame whose transport header begins at start.
inline Bytes pseudo_header(const Bytes& frame, std::uint8_t protocol, std::size_t start) {
  const bool is_ip6 = load_be16(&frame[12]) == kEtherTypeIp6;
  const std::size_t addresses = kEthernetLength + (is_ip6 ? ip6::kSource : ip4::kSource);
  Bytes pseudo(frame.begin() + static_cast<std::ptrdiff_t>(addresses),
               frame.begin() + static_cast<std::ptrdiff_t>(addresses + (is_ip6 ? 32 : 8)));
  const std::size_t length = frame.size() - start;
  if (is_ip6) pseudo.insert(pseudo.end(), {0, 0});
  if (!is_ip6) pseudo.insert(pseudo.end(), {0, protocol});
  pseudo.push_back(static_cast<std::uint8_t>(length >> 8));
  pseudo.push_back(static_cast<std::uint8_t>(length & 0xff));
  if (is_ip6) pseudo.insert(pseudo.end(), {0, 0, 0, protocol});
  return pseudo;
}

// The frame must end where the transport payload does.
inline void set_checksum(Bytes& frame, const Transport4or6& transport, Checksum kind) {
  std::uint8_t* field = &frame[transport.start + transport.field];
  store_be16(field, 0);
  if (kind == Checksum::kNone) return;
  Bytes covered = pseudo_header(frame, transport.protocol, transport.start);
  if (kind == Checksum::kPartial) return store_be16(field, reference_sum(covered));
  covered.insert(covered.end(), frame.begin() + static_cast<std::ptrdiff_t>(transport.start),
                 frame.end());
  std::uint16_t checksum = reference_checksum(covered);
  if (transport.protocol == kProtoUdp && checksum == 0) checksum = 0xffff;  // RFC 768
  store_be16(field, static_cast<std::uint16_t>(checksum ^ (kind == Checksum::kWrong ? 0x5555 : 0)));
}

// ICMPv6 directly behind the IPv6 header.
inline void seal_icmp6(Bytes& frame) {
  set_checksum(frame, {kProtoIcmp6, kEthernetLength + ip6::kHeader, 2}, Checksum::kRight);
}

}  // namespace millrace
