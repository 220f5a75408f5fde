#pragma once
// The thread that does for the workers what they must not do themselves: takes their events, and
// a few times a second does the housekeeping of the tables. Sleeps otherwise.
#include <atomic>
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
  void start(std::function<void(const GraphEvent&)> handle, std::function<void()> tick);
  void stop();
  // Rung by a worker that has put an event into its ring.
  Bell& bell() { return bell_; }

 private:
  void run();
  bool take_events();

  Rings& rings_;
  Bell bell_;
  std::function<void(const GraphEvent&)> handle_;
  std::function<void()> tick_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace millrace
