#pragma once
// All adjacencies of a dataplane by number. One writer (the control side), many readers (workers).
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "tables/adjacency.hpp"
#include "tables/generation.hpp"

namespace millrace {

class AdjacencyTable {
 public:
  static constexpr std::uint32_t kCapacity = 1u << 17;

  // first_free: numbers below are never given out by allocate().
  explicit AdjacencyTable(std::uint32_t first_free);
  ~AdjacencyTable();
  AdjacencyTable(const AdjacencyTable&) = delete;
  AdjacencyTable& operator=(const AdjacencyTable&) = delete;

  // Any thread. A number without an adjacency is "no route".
  const Adjacency& operator[](std::uint32_t number) const {
    return *slots_[number].load(std::memory_order_acquire);
  }

  // Writer only from here on. A free number; 0 when all are taken.
  std::uint32_t allocate();
  void publish(std::uint32_t number, const Adjacency& adjacency);
  // Back to "no route". The number is given out again after reclaim().
  void release(std::uint32_t number);
  // Groups live as long as an adjacency that was published with them.
  void retire(std::unique_ptr<const Group> group) { old_groups_.push_back(std::move(group)); }
  // Frees what was replaced. Precondition: every reader has passed a quiescent state since.
  void reclaim();
  // Who derives anything from adjacencies learns when they change.
  Changes changes;

  bool has_retired() const { return !old_.empty() || !old_groups_.empty() || !released_.empty(); }
  std::uint32_t in_use() const { return in_use_; }

 private:
  void replace(std::uint32_t number, const Adjacency* adjacency);

  static const Adjacency kNoRoute;
  std::unique_ptr<std::atomic<const Adjacency*>[]> slots_;
  std::uint32_t next_;
  std::uint32_t in_use_ = 0;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> released_;
  std::vector<const Adjacency*> old_;
  std::vector<std::unique_ptr<const Group>> old_groups_;
};

}  // namespace millrace
