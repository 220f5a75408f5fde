#include "engine/control_thread.hpp"

#include <poll.h>
#include <pthread.h>

#include <array>
#include <chrono>

namespace millrace {

void ControlThread::start(std::function<void(const GraphEvent&)> handle,
                          std::function<void()> tick) {
  handle_ = std::move(handle);
  tick_ = std::move(tick);
  stop_.store(false);
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "mr-control");
}

void ControlThread::stop() {
  if (!thread_.joinable()) return;
  stop_.store(true);
  bell_.wake();
  thread_.join();
}

bool ControlThread::take_events() {
  bool any = false;
  std::array<GraphEvent, 32> events;
  for (const auto& ring : rings_) {
    const std::uint32_t count = ring->pop(events.data(), events.size());
    for (std::uint32_t i = 0; i < count; ++i) handle_(events[i]);
    any |= count != 0;
  }
  return any;
}

void ControlThread::run() {
  using Clock = std::chrono::steady_clock;
  constexpr auto kInterval = std::chrono::milliseconds(1000 / kTicksPerSecond);
  auto next = Clock::now() + kInterval;
  while (!stop_.load()) {
    if (Clock::now() >= next) {
      tick_();
      next = Clock::now() + kInterval;
    }
    bell_.lie_down();
    if (!take_events()) {
      pollfd bell{bell_.fd(), POLLIN, 0};
      const auto pause = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
      if (::poll(&bell, 1, std::max(0, static_cast<int>(pause.count()))) > 0) bell_.clear();
    }
    bell_.get_up();
  }
}

}  // namespace millrace
