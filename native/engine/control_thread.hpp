#pragma once
// The thread that does for the workers what they must not do themselves: takes their events, and
// a few times a second does the housekeeping of the tables. Sleeps otherwise.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "engine/bell.hpp"
#include "engine/spsc_ring.hpp"
#include "graph/graph_event.hpp"

namespace millrace {

class ControlThread {
 public:
  using Rings = std::vector<std::unique_ptr<SpscRing<GraphEvent>>>;
  // rings: one of each worker.
  explicit ControlThread(Rings& rings) : rings_(rings) {}
  ~ControlThread() { stop(); }

  static constexpr std::uint32_t kTicksPerSecond = 5;
  struct Duties {
    std::function<void(const GraphEvent&)> handle;
    std::function<void()> tick;
    std::function<void()> soon;
  };
  void start(Duties duties);
  void stop();
  // Any thread: duty `soon` at once, or 10 ms after the last time.
  void hurry();
  // Rung by a worker that has put an event into its ring.
  Bell& bell() { return bell_; }

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  bool take_events();
  void wait_until(Clock::time_point end);

  Rings& rings_;
  Bell bell_;
  Duties duties_;
  std::atomic<bool> hurried_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace millrace
