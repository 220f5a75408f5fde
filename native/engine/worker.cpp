#include "engine/worker.hpp"

#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <string>

#include "engine/errors.hpp"

namespace millrace {

namespace {

// Rounds between two publications of the worker's own counters.
constexpr std::uint64_t kPublishMask = 255;
// Longest sleep; while the kernel has not taken all frames, the shorter one.
constexpr int kSleepMs = 1000;
constexpr int kTxRetryMs = 1;

void pin(std::thread& thread, std::uint32_t index, int cpu) {
  const std::string name = "mr-worker-" + std::to_string(index);
  ::pthread_setname_np(thread.native_handle(), name.c_str());
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  const int error = ::pthread_setaffinity_np(thread.native_handle(), sizeof(set), &set);
  if (error != 0)
    throw_errno("pin worker " + std::to_string(index) + " to CPU " + std::to_string(cpu), error);
}

}  // namespace

Worker::Worker(std::uint32_t index, const WorkerOptions& worker_options, CounterBlock* counters)
    : options(worker_options),
      umem(options.frames, options.frame_size, options.hugepages),
      pool(options.frames),
      graph(pool, options.icmp_per_second),
      index_(index),
      counters_(counters),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw_errno("create the event descriptor of a worker");
  watched_.reserve(kMaxPorts + 1);
  watched_.push_back({event_.get(), POLLIN, 0});
  ports_.reserve(kMaxPorts);
  publish();
}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  stop_.store(false);
  thread_ = std::thread([this] { run(); });
  try {
    pin(thread_, index_, options.cpu);
  } catch (...) {
    stop();
    throw;
  }
}

void Worker::stop() {
  const std::lock_guard lock(request_mutex_);  // a request made meanwhile would wait for ever
  if (!thread_.joinable()) return;
  stop_.store(true);
  wake();
  thread_.join();
}

void Worker::wake() {
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof(one));
}

void Worker::between_rounds(const std::function<void()>& work) {
  const std::lock_guard lock(request_mutex_);
  if (!thread_.joinable()) return work();  // not running: nobody to disturb
  request_done_.store(false, std::memory_order_relaxed);
  request_.store(&work, std::memory_order_release);
  wake();
  request_done_.wait(false, std::memory_order_acquire);
}

void Worker::run_request() {
  const auto* work = request_.load(std::memory_order_acquire);
  if (work == nullptr) return;
  (*work)();
  request_.store(nullptr, std::memory_order_relaxed);
  request_done_.store(true, std::memory_order_release);
  request_done_.notify_one();
}

void Worker::add_port(Port& port) {
  graph.attach(port);
  ports_.push_back(&port);
  if (port.poll_fd() >= 0) watched_.push_back({port.poll_fd(), POLLIN, 0});
}

void Worker::remove_port(Port& port) {
  std::erase_if(watched_, [&](const pollfd& watched) { return watched.fd == port.poll_fd(); });
  std::erase(ports_, &port);
  graph.detach(port.config.index);
}

void Worker::run() {
  std::uint32_t idle = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    run_request();
    const bool busy = round();
    idle = busy ? 0 : idle + 1;
    if ((++rounds_ & kPublishMask) == 0) publish();
    if (idle > options.idle_rounds) {
      sleep();
      idle = 0;
    }
  }
  run_request();
  publish();
}

bool Worker::round() {
  bool busy = false;
  for (Port* port : ports_) {
    const std::uint32_t n = port->receive(packets_.data(), options.batch);
    if (n == 0) continue;
    busy = true;
    graph.process(packets_.data(), n, *port);
  }
  tx_waiting_ = false;
  for (Port* port : ports_) tx_waiting_ |= port->flush();
  busy_rounds_ += busy;
  return busy;
}

// Woken by the first frame or by wake(). A socket in error (its device is gone) would wake us for
// ever, so it is no longer watched; the control side removes the port.
void Worker::sleep() {
  ++sleeps_;
  publish();
  if (::poll(watched_.data(), watched_.size(), tx_waiting_ ? kTxRetryMs : kSleepMs) <= 0) return;
  std::uint64_t ignored;
  if (watched_.front().revents != 0) (void)!::read(event_.get(), &ignored, sizeof(ignored));
  std::erase_if(watched_, [](const pollfd& watched) {
    return (watched.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  });
}

void Worker::publish() {
  counters_->set(kRounds, rounds_);
  counters_->set(kBusyRounds, busy_rounds_);
  counters_->set(kSleeps, sleeps_);
  counters_->set(kFramesFree, pool.available());
  counters_->set(kFramesTotal, pool.total());
}

}  // namespace millrace
