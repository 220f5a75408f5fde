#pragma once
// Quiescent-state based reclamation (QSBR): a worker passes a quiescent state after every round and
// is outside while it sleeps. Memory that readers may still hold is freed after synchronize(),
// which waits for one such state of every worker, without stopping or waking any.
#include <atomic>
#include <cstdint>
#include <vector>

namespace millrace {

class Quiescence {
 public:
  explicit Quiescence(std::uint32_t readers) : seen_(readers) {}

  // Reader. Before the first access after offline() …
  void online(std::uint32_t reader) {
    seen_[reader].epoch.store(epoch_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    // … which must not be ordered before the writer can see us.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  // Holds no pointer from a table.
  void pass(std::uint32_t reader) {
    seen_[reader].epoch.store(epoch_.load(std::memory_order_acquire), std::memory_order_release);
  }
  void offline(std::uint32_t reader) {
    seen_[reader].epoch.store(kOffline, std::memory_order_release);
  }

  // Any thread but a reader. Returns when what was unpublished before the call is held by nobody.
  void synchronize();

 private:
  static constexpr std::uint64_t kOffline = 0;
  struct alignas(64) Seen {
    std::atomic<std::uint64_t> epoch{kOffline};
  };
  alignas(64) std::atomic<std::uint64_t> epoch_{1};
  std::vector<Seen> seen_;
};

}  // namespace millrace
