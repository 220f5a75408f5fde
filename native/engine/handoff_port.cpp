#include "engine/handoff_port.hpp"

namespace millrace {

std::uint32_t HandoffPort::transmit(Packet* const* packets, std::uint32_t count) {
  std::array<Handoff, kMaxBurst> handoffs;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Packet& packet = *packets[i];
    handoffs[i] = {packet.data,           packet.length,         packet.frame,
                   packet.tail,           packet.tail_length,    config.index,
                   packet.checksum_start, packet.checksum_offset};
  }
  const std::uint32_t sent = exchange_.packets(from_, to_).push(handoffs.data(), count);
  exchange_.bell(to_).ring();
  return sent;
}

}  // namespace millrace
