#pragma once
// Receives the same prepared frames for ever and throws away what it is given: the speed of the
// graph alone. Each reception copies the template into the frame, as the DMA of a NIC would.
#include <vector>

#include "engine/frame_pool.hpp"
#include "engine/memory_port.hpp"
#include "engine/port.hpp"
#include "engine/umem.hpp"

namespace millrace {

class ReplayPort final : public Port {
 public:
  // templates: frames of equal length, at most 128 bytes; not empty.
  ReplayPort(const PortConfig& config, Umem& umem, FramePool& pool, std::vector<Bytes> templates);

  std::uint32_t receive(Packet* packets, std::uint32_t max) override;
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override;
  bool flush() override { return false; }

 private:
  Umem& umem_;
  FramePool& pool_;
  std::vector<std::uint8_t> templates_;
  std::uint32_t length_;
  std::uint32_t count_;
  std::uint32_t next_ = 0;
};

// Takes every frame and gives nothing: the null port.
class NullPort final : public Port {
 public:
  NullPort(const PortConfig& port_config, FramePool& pool) : Port(port_config), pool_(pool) {}
  std::uint32_t receive(Packet*, std::uint32_t) override { return 0; }
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override {
    for (std::uint32_t i = 0; i < count; ++i) pool_.put(packets[i]->frame);
    return count;
  }
  bool flush() override { return false; }

 private:
  FramePool& pool_;
};

}  // namespace millrace
