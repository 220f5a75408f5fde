#include "engine/frame_pool.hpp"

#include <algorithm>

namespace millrace {

FramePool::FramePool(std::uint32_t frames) : owner_(frames, kNoOwner) {
  free_.reserve(frames);
  for (std::uint32_t i = frames; i-- > 0;) free_.push_back(i);
}

std::uint32_t FramePool::reclaim(std::uint16_t port) {
  std::uint32_t found = 0;
  for (std::uint32_t frame = 0; frame < owner_.size(); ++frame) {
    if (owner_[frame] != port) continue;
    owner_[frame] = kNoOwner;
    put(frame);
    ++found;
  }
  return found;
}

std::uint32_t FramePool::lent_to(std::uint16_t port) const {
  return static_cast<std::uint32_t>(std::count(owner_.begin(), owner_.end(), port));
}

}  // namespace millrace
