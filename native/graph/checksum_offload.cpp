#include "graph/checksum_offload.hpp"

#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/ip6_extensions.hpp"
#include "graph/segments.hpp"

namespace millrace {

namespace {

struct Transport {
  std::uint8_t protocol;
  std::uint32_t start;  // offset in the frame
  const std::uint8_t* addresses;
  std::uint32_t address_bytes;
};

constexpr std::uint32_t kSctpCommonHeader = 12, kSctpChecksum = 8;

void complete_sctp(Packet& packet, const Transport& transport, const FrameTable& frames) {
  std::uint8_t* sctp = packet.data + transport.start;
  std::uint32_t field;
  std::memcpy(&field, sctp + kSctpChecksum, 4);
  if (field != 0) return;
  std::uint32_t crc = kCrc32cStart;
  for_each_segment(packet, frames, transport.start,
                   [&](const std::uint8_t* p, std::uint32_t n) { crc = crc32c_add(crc, p, n); });
  crc = ~crc;
  std::memcpy(sctp + kSctpChecksum, &crc, 4);  // stored little-endian, RFC 9260 appendix A
}

std::uint16_t checksum_offset(std::uint8_t protocol) {
  return protocol == kProtoTcp ? 16 : protocol == kProtoUdp ? 6 : 0;
}

PartialChecksum find(const Packet& packet, const Transport& transport) {
  const std::uint16_t offset = checksum_offset(transport.protocol);
  if (offset == 0 || packet.head_length() < transport.start + offset + 2) return {};
  std::uint16_t field;
  std::memcpy(&field, packet.data + transport.start + offset, 2);
  const std::uint16_t partial =
      checksum_fold(pseudo_header_sum(transport.addresses, transport.address_bytes,
                                      transport.protocol, packet.length - transport.start));
  if (field != partial) return {};
  return {static_cast<std::uint16_t>(transport.start), offset};
}

void note(Packet& packet, const Transport& transport, const FrameTable& frames) {
  if (transport.protocol == kProtoSctp &&
      packet.head_length() >= transport.start + kSctpCommonHeader)
    return complete_sctp(packet, transport, frames);
  const PartialChecksum left = find(packet, transport);
  packet.checksum_start = left.start;
  packet.checksum_offset = left.offset;
}

// Protocol 0 for fragments: none has a whole segment.
Transport transport4(const Packet& packet, std::uint32_t header_length, std::uint32_t l3) {
  const std::uint8_t* ip = packet.data + l3;
  const std::uint16_t fragment = load_be16(ip + ip4::kFragment);
  const bool whole = (fragment & (ip4::kMoreFragments | ip4::kOffsetMask)) == 0;
  return {whole ? ip[ip4::kProtocol] : std::uint8_t{0}, l3 + header_length, ip + ip4::kSource, 8};
}

Transport transport6(const Packet& packet, std::uint32_t l3) {
  const UpperLayer upper = find_upper_layer(packet, l3);
  return {upper.protocol, upper.offset, packet.data + l3 + ip6::kSource, 32};
}

}  // namespace

PartialChecksum find_partial_checksum4(const Packet& packet, std::uint32_t header_length,
                                       std::uint32_t l3) {
  return find(packet, transport4(packet, header_length, l3));
}

PartialChecksum find_partial_checksum6(const Packet& packet, std::uint32_t l3) {
  return find(packet, transport6(packet, l3));
}

void note_partial_checksum4(Packet& packet, std::uint32_t header_length, const FrameTable& frames,
                            std::uint32_t l3) {
  note(packet, transport4(packet, header_length, l3), frames);
}

void note_partial_checksum6(Packet& packet, const FrameTable& frames, std::uint32_t l3) {
  note(packet, transport6(packet, l3), frames);
}

void complete_checksum(Packet& packet, const FrameTable& frames) {
  std::uint8_t* start = packet.data + packet.checksum_start;
  // The field holds the pseudo-header sum already, so summing it in with the rest completes it.
  std::uint16_t checksum =
      static_cast<std::uint16_t>(~packet_sum(packet, frames, packet.checksum_start));
  if (checksum == 0) checksum = 0xffff;  // RFC 768: 0 would mean "none"; equal to 0 for TCP
  std::memcpy(start + packet.checksum_offset, &checksum, 2);
  packet.checksum_start = 0;
  packet.checksum_offset = 0;
}

}  // namespace millrace
