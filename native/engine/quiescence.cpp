#include "engine/quiescence.hpp"

#include <chrono>
#include <thread>

namespace millrace {

void Quiescence::synchronize() {
  const std::uint64_t target = epoch_.fetch_add(1, std::memory_order_seq_cst) + 1;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (const Seen& seen : seen_) {
    const auto waiting = [&] {
      const std::uint64_t epoch = seen.epoch.load(std::memory_order_acquire);
      return epoch != kOffline && epoch < target;
    };
    // A round takes microseconds, unless the worker's CPU belongs to somebody else just now.
    while (waiting()) std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

}  // namespace millrace
