#include "engine/replay_port.hpp"

#include <cassert>

namespace millrace {

ReplayPort::ReplayPort(const PortConfig& port_config, Umem& umem, FramePool& pool,
                       std::vector<Bytes> templates)
    : Port(port_config),
      umem_(umem),
      pool_(pool),
      length_(static_cast<std::uint32_t>(templates.front().size())),
      count_(static_cast<std::uint32_t>(templates.size())) {
  templates_.reserve(std::size_t{length_} * count_);
  for (const Bytes& bytes : templates) {
    assert(bytes.size() == length_);
    templates_.insert(templates_.end(), bytes.begin(), bytes.end());
  }
}

std::uint32_t ReplayPort::receive(Packet* packets, std::uint32_t max) {
  std::uint32_t n = 0;
  for (; n < max && pool_.available() > 0; ++n) {
    Packet& packet = packets[n] = Packet{};
    packet.frame = pool_.take();
    packet.data = umem_.frame(packet.frame) + MemoryPort::kHeadroom;
    packet.length = length_;
    std::memcpy(packet.data, templates_.data() + std::size_t{next_} * length_, length_);
    if (++next_ == count_) next_ = 0;
  }
  return n;
}

std::uint32_t ReplayPort::transmit(Packet* const* packets, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) pool_.put(packets[i]->frame);
  return count;
}

}  // namespace millrace
