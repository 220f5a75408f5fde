#include "engine/memory_port.hpp"

#include <algorithm>

#include "graph/segments.hpp"

namespace millrace {

std::uint32_t MemoryPort::receive(Packet* packets, std::uint32_t max) {
  std::uint32_t n = 0;
  for (; n < max && !inbound_.empty(); ++n) {
    const std::size_t frames =
        split_ == 0 ? 1 : std::max<std::size_t>((inbound_.front().size() + split_ - 1) / split_, 1);
    if (pool_.available() < frames) break;
    packets[n] = read(inbound_.front());
    inbound_.pop_front();
  }
  return n;
}

// Precondition: the pool has the frames.
Packet MemoryPort::read(const Bytes& bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const std::uint32_t part = split_ == 0 ? umem_.frame_size() - kHeadroom : split_;
  Packet packet;
  packet.frame = pool_.take();
  packet.data = umem_.frame(packet.frame) + kHeadroom;
  packet.length = std::min(size, part);
  std::copy_n(bytes.begin(), packet.length, packet.data);
  if (split_ == 0) return packet;
  FrameTable& frames = pool_.table();
  for (std::uint32_t* link = &packet.tail; packet.length < size; link = &frames[*link].next) {
    *link = pool_.take();
    const std::uint32_t length = std::min(size - packet.length, part);
    frames[*link] = {kNoFrame, kHeadroom, static_cast<std::uint16_t>(length), kNoOwner};
    std::copy_n(bytes.begin() + packet.length, length, frames.data(*link));
    packet.length += length;
    packet.tail_length += length;
  }
  return packet;
}

std::uint32_t MemoryPort::transmit(Packet* const* packets, std::uint32_t count) {
  std::uint32_t n = 0;
  for (; n < count && sent_.size() < tx_limit_; ++n) {
    const Packet& packet = *packets[n];
    Sent sent{{}, packet.checksum_start, packet.checksum_offset};
    for_each_segment(packet, pool_.table(), 0,
                     [&](const std::uint8_t* bytes, std::uint32_t length) {
                       sent.bytes.insert(sent.bytes.end(), bytes, bytes + length);
                     });
    sent_.push_back(std::move(sent));
    pool_.put_chain(packet.tail);
    pool_.put(packet.frame);
  }
  return n;
}

}  // namespace millrace
