#pragma once
// What is known of each frame of a UMEM: the queue it is lent to and, for packets longer than a
// frame, the frame that follows. An entry is written only by the worker in whose hands the frame
// is; it changes hands through a ring, whose release and acquire order the accesses.
#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/umem.hpp"

namespace millrace {

constexpr std::uint16_t kNoOwner = 0xffff;
constexpr std::uint32_t kNoFrame = 0xffffffff;

struct FrameInfo {
  std::uint32_t next = kNoFrame;  // the next fragment of the same packet
  std::uint16_t offset = 0;       // of the data, in a frame that is not a packet's first
  std::uint16_t length = 0;
  std::uint16_t owner = kNoOwner;
};

class FrameTable {
 public:
  explicit FrameTable(std::uint32_t frames, const Umem* umem = nullptr)
      : umem_(umem), info_(frames) {}

  std::uint32_t size() const { return static_cast<std::uint32_t>(info_.size()); }
  FrameInfo& operator[](std::uint32_t frame) { return info_[frame]; }
  const FrameInfo& operator[](std::uint32_t frame) const { return info_[frame]; }

  // The owner is looked for by the worker of a vanished queue in frames of others, too.
  void set_owner(std::uint32_t frame, std::uint16_t owner) {
    std::atomic_ref(info_[frame].owner).store(owner, std::memory_order_relaxed);
  }
  std::uint16_t owner(std::uint32_t frame) {
    return std::atomic_ref(info_[frame].owner).load(std::memory_order_relaxed);
  }

  // First byte of a fragment that is not a packet's first.
  std::uint8_t* data(std::uint32_t frame) const {
    return umem_->frame(frame) + info_[frame].offset;
  }
  // First byte of a frame.
  std::uint8_t* frame(std::uint32_t number) const { return umem_->frame(number); }
  std::uint32_t frame_size() const { return umem_->frame_size(); }

 private:
  const Umem* umem_;
  std::vector<FrameInfo> info_;
};

}  // namespace millrace
