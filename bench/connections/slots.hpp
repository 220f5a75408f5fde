#pragma once
#include <cstdint>
#include <vector>

#include "connection.hpp"

namespace connections {

/** Room for the connections that may be open at a time. */
class Slots {
 public:
  explicit Slots(uint32_t count) : connections_(count) {
    for (uint32_t slot = count; slot > 0; slot--) free_.push_back(slot - 1);
  }

  bool full() const { return free_.empty(); }
  size_t in_use() const { return connections_.size() - free_.size(); }
  uint32_t size() const { return static_cast<uint32_t>(connections_.size()); }

  /** @returns the slot that holds it now; there must be a free one */
  uint32_t take(const Connection& connection) {
    const uint32_t slot = free_.back();
    free_.pop_back();
    connections_[slot] = connection;
    return slot;
  }

  void release(uint32_t slot) {
    connections_[slot].fd = -1;
    free_.push_back(slot);
  }

  Connection& operator[](uint32_t slot) { return connections_[slot]; }

 private:
  std::vector<Connection> connections_;
  std::vector<uint32_t> free_;
};

}  // namespace connections
