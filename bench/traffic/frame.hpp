#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "flow.h"

namespace traffic {

using Mac = std::array<uint8_t, 6>;
using Frame = std::array<uint8_t, FRAME_BYTES>;

/** Link-level facts of the interface frames leave by. */
struct Interface {
  unsigned index;
  Mac mac;
  uint32_t address;  // IPv4, network order
};

/** @throws std::runtime_error when the interface is missing or has no IPv4 address. */
Interface describe_interface(const std::string& name);

/** @throws std::invalid_argument unless text is six colon-separated hexadecimal bytes. */
Mac parse_mac(const std::string& text);

/** @throws std::invalid_argument unless text is a dotted IPv4 address. Network order. */
uint32_t parse_address(const std::string& text);

/** A 64-byte UDP frame (checksum 0: none, RFC 768); the low half of `destination` is its flow. */
Frame build_frame(const Interface& from, const Mac& to, uint32_t destination);

/** Sum of the IPv4 header without checksum and low half of the destination; see write_flow. */
uint32_t header_sum(const Frame& frame);

}  // namespace traffic
