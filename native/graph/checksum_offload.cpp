#include "graph/checksum_offload.hpp"

#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "graph/ip6_extensions.hpp"

namespace millrace {

namespace {

struct Transport {
  std::uint8_t protocol;
  std::uint32_t start;  // offset in the frame
  const std::uint8_t* addresses;
  std::uint32_t address_bytes;
};

constexpr std::uint32_t kSctpCommonHeader = 12, kSctpChecksum = 8;

void complete_sctp(Packet& packet, const Transport& transport) {
  std::uint8_t* sctp = packet.data + transport.start;
  const std::uint32_t length = packet.length - transport.start;
  std::uint32_t field;
  std::memcpy(&field, sctp + kSctpChecksum, 4);
  if (length < kSctpCommonHeader || field != 0) return;
  const std::uint32_t crc = crc32c(sctp, length);
  std::memcpy(sctp + kSctpChecksum, &crc, 4);  // stored little-endian, RFC 9260 appendix A
}

void note(Packet& packet, const Transport& transport) {
  if (transport.protocol == kProtoSctp && packet.length >= transport.start + kSctpCommonHeader)
    return complete_sctp(packet, transport);
  std::uint16_t offset;
  if (transport.protocol == kProtoTcp)
    offset = 16;
  else if (transport.protocol == kProtoUdp)
    offset = 6;
  else
    return;
  if (packet.length < transport.start + offset + 2) return;
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

void note_partial_checksum4(Packet& packet, std::uint32_t header_length) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  const std::uint16_t fragment = load_be16(ip + ip4::kFragment);
  if ((fragment & (ip4::kMoreFragments | ip4::kOffsetMask)) != 0) return;
  note(packet, {ip[ip4::kProtocol], kEthernetLength + header_length, ip + ip4::kSource, 8});
}

void note_partial_checksum6(Packet& packet) {
  const UpperLayer upper = find_upper_layer(packet);
  const std::uint8_t* addresses = packet.data + kEthernetLength + ip6::kSource;
  note(packet, {upper.protocol, upper.offset, addresses, 32});
}

void complete_checksum(Packet& packet) {
  std::uint8_t* start = packet.data + packet.checksum_start;
  const std::uint32_t length = packet.length - packet.checksum_start;
  // The field holds the pseudo-header sum already, so summing it in with the rest completes it.
  std::uint16_t checksum =
      static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, start, length)));
  if (checksum == 0) checksum = 0xffff;  // RFC 768: 0 would mean "none"; equal to 0 for TCP
  std::memcpy(start + packet.checksum_offset, &checksum, 2);
  packet.checksum_start = 0;
  packet.checksum_offset = 0;
}

}  // namespace millrace
