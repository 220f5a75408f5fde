#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "engine/umem.hpp"

namespace impair {

/** A frame on its way through, in the packet memory. */
struct Frame {
  std::uint64_t address;
  std::uint32_t length;
  /** Nanoseconds of the monotonic clock. */
  std::uint64_t arrived;
};

/** The packet memory, and which of its frames are free. */
class Frames {
 public:
  explicit Frames(std::uint32_t count) : umem_(count, kFrameSize, millrace::Hugepages::kOff) {
    for (std::uint32_t index = 0; index < count; ++index)
      free_.push_back(umem_.frame_address(index));
  }

  const millrace::Umem& umem() const { return umem_; }
  std::uint8_t* data(const Frame& frame) const { return umem_.base() + frame.address; }
  std::size_t available() const { return free_.size(); }

  /** Only while frames are available. */
  std::uint64_t take() {
    const std::uint64_t address = free_.back();
    free_.pop_back();
    return address;
  }

  /** Any address inside the frame. */
  void give(std::uint64_t address) {
    free_.push_back(umem_.frame_address(umem_.frame_of(address)));
  }

  /** None while no frame is free. */
  std::optional<Frame> copy(const Frame& frame) {
    if (free_.empty()) return std::nullopt;
    const Frame twin{take(), frame.length, frame.arrived};
    std::memcpy(data(twin), data(frame), frame.length);
    return twin;
  }

 private:
  static constexpr std::uint32_t kFrameSize = 2048;

  millrace::Umem umem_;
  std::vector<std::uint64_t> free_;
};

}  // namespace impair
