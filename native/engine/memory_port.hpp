#pragma once
// Frames in, frames out, no kernel: what unit tests and fuzzers plug into the graph.
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "engine/frame_pool.hpp"
#include "engine/port.hpp"
#include "engine/umem.hpp"

namespace millrace {

using Bytes = std::vector<std::uint8_t>;

class MemoryPort final : public Port {
 public:
  // Offset of received data in a frame: XDP_PACKET_HEADROOM, as the kernel leaves it.
  static constexpr std::uint32_t kHeadroom = 256;

  struct Sent {
    Bytes bytes;
    std::uint16_t checksum_start;
    std::uint16_t checksum_offset;
  };

  MemoryPort(const PortConfig& port_config, Umem& umem, FramePool& pool)
      : Port(port_config), umem_(umem), pool_(pool) {}

  // The frame is received in a later receive(). Longer than frame_size - headroom is cut.
  void inject(std::span<const std::uint8_t> bytes) {
    inbound_.emplace_back(bytes.begin(), bytes.end());
  }
  std::vector<Sent> take_sent() { return std::exchange(sent_, {}); }

  // At most this many frames are accepted until take_sent(): a TX ring that fills up.
  void limit_tx(std::size_t frames) { tx_limit_ = frames; }
  void offload_checksums(bool on) { completes_checksums_ = on; }
  // Received packets with more bytes go on in further frames, as with XDP_USE_SG.
  void split_at(std::uint32_t bytes) { split_ = bytes; }

  std::uint32_t receive(Packet* packets, std::uint32_t max) override;
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override;
  bool flush() override { return false; }
  bool completes_checksums() const override { return completes_checksums_; }

 private:
  Packet read(const Bytes& bytes);

  Umem& umem_;
  FramePool& pool_;
  std::uint32_t split_ = 0;  // 0: what does not fit a frame is cut
  std::deque<Bytes> inbound_;
  std::vector<Sent> sent_;
  std::size_t tx_limit_ = SIZE_MAX;
  bool completes_checksums_ = false;
};

}  // namespace millrace
