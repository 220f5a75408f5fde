#pragma once
// The worker's free frames: a LIFO (the hottest frame is handed out next) without locks, because
// only the worker touches it. Each frame given to a port is marked with that port, so that the
// frames of a vanished port are found again exactly, whatever the kernel was doing with them.
#include <cstdint>
#include <vector>

namespace millrace {

constexpr std::uint16_t kNoOwner = 0xffff;

class FramePool {
 public:
  explicit FramePool(std::uint32_t frames);

  std::uint32_t available() const { return static_cast<std::uint32_t>(free_.size()); }
  std::uint32_t total() const { return static_cast<std::uint32_t>(owner_.size()); }

  // Precondition: available() > 0.
  std::uint32_t take() {
    const std::uint32_t frame = free_.back();
    free_.pop_back();
    return frame;
  }
  // Capacity was reserved for every frame, so this never allocates.
  void put(std::uint32_t frame) { free_.push_back(frame); }

  void lend(std::uint32_t frame, std::uint16_t port) { owner_[frame] = port; }
  void take_back(std::uint32_t frame) { owner_[frame] = kNoOwner; }

  // Frees every frame lent to a port whose socket is closed. Returns how many.
  std::uint32_t reclaim(std::uint16_t port);
  std::uint32_t lent_to(std::uint16_t port) const;

 private:
  std::vector<std::uint32_t> free_;
  std::vector<std::uint16_t> owner_;
};

}  // namespace millrace
