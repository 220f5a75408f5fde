#include "engine/frame_pool.hpp"

namespace millrace {

FramePool::FramePool(std::unique_ptr<FrameTable> own) : FramePool(*own, 0, own->size()) {
  own_ = std::move(own);
}

FramePool::FramePool(FrameTable& table, std::uint32_t first, std::uint32_t count)
    : table_(table), first_(first), count_(count) {
  free_.reserve(count);
  foreign_.reserve(table.size() - count);
  for (std::uint32_t i = count; i-- > 0;) free_.push_back(first + i);
}

std::uint32_t FramePool::reclaim(std::uint16_t first, std::uint16_t count) {
  std::uint32_t found = 0;
  for (std::uint32_t frame = 0; frame < table_.size(); ++frame) {
    const std::uint16_t owner = table_.owner(frame);
    if (owner < first || owner - first >= count) continue;
    table_[frame] = FrameInfo{};
    put(frame);
    ++found;
  }
  return found;
}

std::uint32_t FramePool::lent_to(std::uint16_t owner) const {
  std::uint32_t count = 0;
  for (std::uint32_t frame = 0; frame < table_.size(); ++frame)
    count += table_.owner(frame) == owner;
  return count;
}

}  // namespace millrace
