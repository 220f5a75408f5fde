#pragma once
// Counts the changes of all tables that decide where a packet goes. What was derived from them is
// valid while the number is the one it was derived under: it is read before the tables are, and
// goes up after they have changed.
#include <atomic>
#include <cstdint>

namespace millrace {

class Generation {
 public:
  // cell: where the number is, which others may read at the same time; outlives the object.
  explicit Generation(std::uint32_t& cell) : cell_(cell) {}

  std::uint32_t now() const { return cell_.load(std::memory_order_acquire); }
  void changed() { cell_.fetch_add(1, std::memory_order_seq_cst); }

 private:
  std::atomic_ref<std::uint32_t> cell_;
};

// What a table tells of its changes; nothing until somebody watches.
class Changes {
 public:
  void watch(Generation* generation) { generation_ = generation; }
  void tell() const {
    if (generation_ != nullptr) generation_->changed();
  }

 private:
  Generation* generation_ = nullptr;
};

}  // namespace millrace
