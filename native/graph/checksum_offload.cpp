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

void note(Packet& packet, const Transport& transport, const FrameTable& frames) {
  if (transport.protocol == kProtoSctp &&
      packet.head_length() >= transport.start + kSctpCommonHeader)
    return complete_sctp(packet, transport, frames);
  std::uint16_t offset;
  if (transport.protocol == kProtoTcp)
    offset = 16;
  else if (transport.protocol == kProtoUdp)
    offset = 6;
  else
    return;
  if (packet.head_length() < transport.start + offset + 2) return;
  std::uint16_t field;
  std::memcpy(&field, packet.data + transport.start + offset, 2);
  const std::uint16_t partial =
      checksum_fold(pseudo_header_sum(transport.addresses, transport.address_bytes,
                                      transport.protocol, packet.length - transport.start));
  if (field != partial) return;
  packet.checksum_start = static_cast<std::uint16_t>(transport.start);
  packet.checksum_offset = offset;
}

}  // namespace

void note_partial_checksum4(Packet& packet, std::uint32_t header_length, const FrameTable& frames,
                            std::uint32_t l3) {
  const std::uint8_t* ip = packet.data + l3;
  const std::uint16_t fragment = load_be16(ip + ip4::kFragment);
  if ((fragment & (ip4::kMoreFragments | ip4::kOffsetMask)) != 0) return;
  note(packet, {ip[ip4::kProtocol], l3 + header_length, ip + ip4::kSource, 8}, frames);
}

void note_partial_checksum6(Packet& packet, const FrameTable& frames, std::uint32_t l3) {
  const UpperLayer upper = find_upper_layer(packet, l3);
  const std::uint8_t* addresses = packet.data + l3 + ip6::kSource;
  note(packet, {upper.protocol, upper.offset, addresses, 32}, frames);
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
