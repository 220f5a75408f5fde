#include "engine/control_thread.hpp"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {

void ControlThread::start(Duties duties) {
  duties_ = std::move(duties);
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
    for (std::uint32_t i = 0; i < count; ++i) duties_.handle(events[i]);
    any |= count != 0;
  }
  return any;
}

void ControlThread::hurry() {
  hurried_.store(true);
  bell_.wake();
}

void ControlThread::run() {
  constexpr auto kInterval = std::chrono::milliseconds(1000 / kTicksPerSecond);
  constexpr auto kRest = std::chrono::milliseconds(10);
  auto next = Clock::now() + kInterval;
  auto rested = Clock::now();
  while (!stop_.load()) {
    if (Clock::now() >= next) {
      duties_.tick();
      next = Clock::now() + kInterval;
    }
    if (Clock::now() >= rested && hurried_.exchange(false)) {
      duties_.soon();
      rested = Clock::now() + kRest;
    }
    bell_.lie_down();
    if (!take_events()) wait_until(hurried_.load() ? std::min(next, rested) : next);
    bell_.get_up();
  }
}

void ControlThread::wait_until(Clock::time_point end) {
  pollfd bell{bell_.fd(), POLLIN, 0};
  const auto pause = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
  if (::poll(&bell, 1, std::max(0, static_cast<int>(pause.count()))) > 0) bell_.clear();
}

}  // namespace millrace
