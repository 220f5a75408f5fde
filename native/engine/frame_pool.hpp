#pragma once
// The free frames of one worker: a LIFO (the hottest frame is handed out next) without locks,
// because only the worker touches it. Each frame given to a port is marked with that port, so that
// the frames of a vanished port are found again exactly, whatever the kernel was doing with them.
// A worker may end up with frames that belong to another one; they are put aside until they are
// sent home.
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/frame_table.hpp"

namespace millrace {

class FramePool {
 public:
  // A pool with a table of its own, for one worker alone.
  explicit FramePool(std::uint32_t frames) : FramePool(std::make_unique<FrameTable>(frames)) {}
  explicit FramePool(const Umem& umem)
      : FramePool(std::make_unique<FrameTable>(umem.frames(), &umem)) {}
  // The frames first to first + count - 1 of a table that several workers share.
  FramePool(FrameTable& table, std::uint32_t first, std::uint32_t count);

  std::uint32_t available() const { return static_cast<std::uint32_t>(free_.size()); }
  std::uint32_t total() const { return count_; }
  FrameTable& table() const { return table_; }

  // Precondition: available() > 0.
  std::uint32_t take() {
    const std::uint32_t frame = free_.back();
    free_.pop_back();
    return frame;
  }
  // Room was reserved for every frame, so this never allocates.
  void put(std::uint32_t frame) {
    if (frame - first_ < count_)
      free_.push_back(frame);
    else
      foreign_.push_back(frame);
  }
  // A whole chain of fragments; kNoFrame for none.
  void put_chain(std::uint32_t frame) {
    while (frame != kNoFrame) {
      const std::uint32_t next = table_[frame].next;
      table_[frame].next = kNoFrame;
      put(frame);
      frame = next;
    }
  }

  // owner: the lane (queue of a port) that the frame is given to.
  void lend(std::uint32_t frame, std::uint16_t owner) { table_.set_owner(frame, owner); }
  void take_back(std::uint32_t frame) { table_.set_owner(frame, kNoOwner); }

  // Frames of other workers, to be sent home.
  std::vector<std::uint32_t>& foreign() { return foreign_; }

  // Frees every frame lent to the owners first to first + count - 1, whose sockets are closed.
  // Returns how many.
  std::uint32_t reclaim(std::uint16_t first, std::uint16_t count = 1);
  std::uint32_t lent_to(std::uint16_t owner) const;

 private:
  explicit FramePool(std::unique_ptr<FrameTable> own);

  std::unique_ptr<FrameTable> own_;
  FrameTable& table_;
  const std::uint32_t first_;
  const std::uint32_t count_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> foreign_;
};

}  // namespace millrace
