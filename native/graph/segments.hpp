#pragma once
// Walks over the bytes of a packet that may go on in further frames.
#include <algorithm>

#include "base/checksum.hpp"
#include "engine/packet.hpp"

namespace millrace {

// visit(bytes, length) for each contiguous part from offset (inside the first frame) to the end.
template <class Visit>
void for_each_segment(const Packet& packet, const FrameTable& frames, std::uint32_t offset,
                      Visit visit) {
  visit(packet.data + offset, packet.head_length() - offset);
  for (std::uint32_t frame = packet.tail; frame != kNoFrame; frame = frames[frame].next)
    visit(frames.data(frame), std::uint32_t{frames[frame].length});
}

// Folded Internet checksum from offset to the end. A part that begins at an odd place counts with
// its bytes swapped (RFC 1071 2 B).
inline std::uint16_t packet_sum(const Packet& packet, const FrameTable& frames,
                                std::uint32_t offset) {
  std::uint64_t sum = 0;
  std::uint32_t position = 0;
  for_each_segment(packet, frames, offset, [&](const std::uint8_t* p, std::uint32_t n) {
    const std::uint16_t part = checksum_fold(checksum_add(0, p, n));
    sum += (position & 1) != 0 ? __builtin_bswap16(part) : part;
    position += n;
  });
  return checksum_fold(sum);
}

}  // namespace millrace
