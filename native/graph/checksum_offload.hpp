#pragma once
// Transport checksums that a local sender has left to the device. On veth such a frame arrives with
// only the folded pseudo-header sum in the checksum field (CHECKSUM_PARTIAL,
// include/linux/skbuff.h) and nothing else tells it apart, so the field itself is compared: equal
// means "left to us", any other value is the sender's own, right or wrong, and goes through
// untouched.
#include <cstdint>

#include "base/headers.hpp"
#include "engine/packet.hpp"

namespace millrace {

// Where the L4 checksum begins that is left to us, and where from there it is stored; 0: it is not.
struct PartialChecksum {
  std::uint16_t start = 0;
  std::uint16_t offset = 0;
};

// Of a TCP or UDP packet; changes nothing. Parameters as below.
PartialChecksum find_partial_checksum4(const Packet& packet, std::uint32_t header_length,
                                       std::uint32_t l3 = kEthernetLength);
PartialChecksum find_partial_checksum6(const Packet& packet, std::uint32_t l3 = kEthernetLength);

// Sets checksum_start and checksum_offset of a TCP or UDP packet whose checksum is left to us; an
// SCTP packet without its CRC32c gets it at once, because no receiver takes it from metadata.
// header_length: of the IPv4 header, already validated; packet.length is exact. l3: where the IP
// header begins, behind Ethernet and whatever VLAN tags there are.
void note_partial_checksum4(Packet& packet, std::uint32_t header_length, const FrameTable& frames,
                            std::uint32_t l3 = kEthernetLength);
// The same behind IPv6 extension headers; fragments are left alone.
void note_partial_checksum6(Packet& packet, const FrameTable& frames,
                            std::uint32_t l3 = kEthernetLength);

// Completes in software what the note says, and clears it.
void complete_checksum(Packet& packet, const FrameTable& frames);

}  // namespace millrace
