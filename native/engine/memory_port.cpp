#include "engine/memory_port.hpp"

#include <algorithm>

namespace millrace {

std::uint32_t MemoryPort::receive(Packet* packets, std::uint32_t max) {
  std::uint32_t n = 0;
  for (; n < max && !inbound_.empty() && pool_.available() > 0; ++n) {
    const Bytes& bytes = inbound_.front();
    Packet& packet = packets[n] = Packet{};
    packet.frame = pool_.take();
    packet.data = umem_.frame(packet.frame) + kHeadroom;
    packet.length =
        std::min(static_cast<std::uint32_t>(bytes.size()), umem_.frame_size() - kHeadroom);
    std::copy_n(bytes.begin(), packet.length, packet.data);
    inbound_.pop_front();
  }
  return n;
}

std::uint32_t MemoryPort::transmit(Packet* const* packets, std::uint32_t count) {
  std::uint32_t n = 0;
  for (; n < count && sent_.size() < tx_limit_; ++n) {
    const Packet& packet = *packets[n];
    sent_.push_back({Bytes(packet.data, packet.data + packet.length), packet.checksum_start,
                     packet.checksum_offset});
    pool_.put(packet.frame);
  }
  return n;
}

}  // namespace millrace
