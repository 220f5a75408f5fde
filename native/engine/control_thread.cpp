#include "engine/control_thread.hpp"

#include <poll.h>
#include <pthread.h>

#include <array>
#include <chrono>

namespace millrace {

void ControlThread::start(std::function<void(const GraphEvent&)> handle,
                          std::function<void()> every_second) {
  handle_ = std::move(handle);
  every_second_ = std::move(every_second);
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
  auto next = Clock::now() + std::chrono::seconds(1);
  while (!stop_.load()) {
    if (Clock::now() >= next) {
      every_second_();
      next = Clock::now() + std::chrono::seconds(1);
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
