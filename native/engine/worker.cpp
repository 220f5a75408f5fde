#include "engine/worker.hpp"

#include <pthread.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "engine/cpu_placement.hpp"
#include "engine/errors.hpp"

namespace millrace {

namespace {

// Rounds between two publications of the worker's own counters.
constexpr std::uint64_t kPublishMask = 255;
// Rounds without a frame after which a queue is looked at in turns only, and how many of those are
// looked at per round.
constexpr std::uint32_t kQuietRounds = 256;
constexpr std::uint32_t kQuietPerRound = 16;
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

Worker::Worker(std::uint32_t worker_index, const WorkerOptions& worker_options,
               const WorkerShared& shared, const Graph::Shared& graph_shared,
               CounterBlock* counters)
    : index(worker_index),
      options(worker_options),
      umem(shared.umem),
      pool(shared.frames, worker_index * options.frames, options.frames),
      graph(pool, graph_shared, options.icmp_per_second),
      exchange_(shared.exchange),
      quiescence_(shared.quiescence),
      control_bell_(shared.control_bell),
      counters_(counters) {
  watched_.reserve(kMaxPorts + 1);
  watched_.push_back({exchange_.bell(index).fd(), POLLIN, 0});
  queues_.reserve(kMaxPorts);
  active_.reserve(kMaxPorts);
  publish();
}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  {
    const std::lock_guard lock(request_mutex_);
    stop_.store(false);
    thread_ = std::thread([this] { run(); });
  }
  try {
    pin(thread_, index, options.cpu);
  } catch (...) {
    stop();
    throw;
  }
}

void Worker::stop() {
  const std::lock_guard lock(request_mutex_);  // a request made meanwhile would wait for ever
  if (!thread_.joinable()) return;
  stop_.store(true);
  exchange_.bell(index).wake();
  thread_.join();
}

void Worker::between_rounds(const std::function<void()>& work) {
  const std::lock_guard lock(request_mutex_);
  if (!thread_.joinable()) return work();  // not running: nobody to disturb
  request_done_.store(false, std::memory_order_relaxed);
  request_.store(&work, std::memory_order_release);
  exchange_.bell(index).wake();
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

void Worker::add_queue(Port& queue) {
  queues_.push_back(&queue);
  queue.active = true;
  queue.quiet_rounds = 0;
  active_.push_back(&queue);
  active_.reserve(queues_.size());
  graph.woken.reserve(queues_.size());
  if (queue.poll_fd() >= 0) watched_.push_back({queue.poll_fd(), POLLIN, 0});
}

void Worker::remove_queue(Port& queue) {
  live.flush(false);  // its frames may be among them
  std::erase_if(watched_, [&](const pollfd& watched) { return watched.fd == queue.poll_fd(); });
  std::erase(queues_, &queue);
  std::erase(active_, &queue);
}

void Worker::run() {
  std::uint32_t idle = 0;
  prefer_this_thread();
  quiescence_.online(index);
  while (!stop_.load(std::memory_order_relaxed)) {
    run_request();
    const bool busy = round();
    quiescence_.pass(index);
    idle = busy ? 0 : idle + 1;
    if ((++rounds_ & kPublishMask) == 0) publish();
    if (idle > options.idle_rounds) {
      sleep();
      idle = 0;
    }
  }
  run_request();
  live.flush(false);
  quiescence_.offline(index);
  publish();
}

bool Worker::round() {
  full_burst_ = false;
  bool busy = take_handoffs();
  // What has waited goes first: new packets of a flow must not overtake it.
  if (graph.pending.size() != 0) graph.retry_pending();
  busy |= receive();
  flush();
  take_frames_home();
  send_frames_home();
  if (std::exchange(graph.told, false) && control_bell_ != nullptr) control_bell_->ring();
  busy_rounds_ += busy;
  return busy;
}

bool Worker::receive() {
  bool busy = false;
  for (Port* queue : active_) busy |= receive_from(*queue);
  return look_at_quiet_queues() || busy;
}

bool Worker::receive_from(Port& queue) {
  const std::uint32_t n = queue.receive(packets_.data(), options.batch);
  if (n == 0) return false;
  full_burst_ |= n == options.batch;
  queue.quiet_rounds = 0;
  graph.process(packets_.data(), n, queue.config);
  return true;
}

bool Worker::look_at_quiet_queues() {
  if (active_.size() == queues_.size()) return false;
  bool busy = false;
  for (std::uint32_t i = 0; i < kQuietPerRound; ++i) {
    if (++next_quiet_ >= queues_.size()) next_quiet_ = 0;
    Port& queue = *queues_[next_quiet_];
    if (queue.active || !receive_from(queue)) continue;
    busy = true;
    // It may have woken itself, by an answer to what it sent.
    if (!std::exchange(queue.active, true)) active_.push_back(&queue);
  }
  return busy;
}

void Worker::take_woken_queues() {
  active_.insert(active_.end(), graph.woken.begin(), graph.woken.end());
  graph.woken.clear();
}

// A queue rests when it has had nothing to do for a while and all its frames are back.
void Worker::flush() {
  take_woken_queues();
  live.flush(full_burst_);  // first: some of it may go by the rings
  tx_waiting_ = graph.pending.size() != 0 || live.waiting();
  for (std::size_t i = 0; i < active_.size();) {
    Port& queue = *active_[i];
    const bool waiting = queue.flush();
    tx_waiting_ |= waiting;
    if (waiting || !queue.settled() || ++queue.quiet_rounds <= kQuietRounds) {
      ++i;
      continue;
    }
    queue.active = false;
    queue.quiet_rounds = 0;
    active_[i] = active_.back();
    active_.pop_back();
  }
}

// Frames that other workers have routed and only we can send.
bool Worker::take_handoffs() {
  bool busy = false;
  std::array<Handoff, kMaxBurst> handoffs;
  for (std::uint32_t from = 0; from < exchange_.workers(); ++from) {
    if (from == index) continue;
    const std::uint32_t n = exchange_.packets(from, index).pop(handoffs.data(), kMaxBurst);
    if (n == 0) continue;
    busy = true;
    full_burst_ |= n == kMaxBurst;
    send_handoffs(handoffs.data(), n);
  }
  return busy;
}

// At most what was there when it began, for others go on sending to other ports.
void Worker::drain_handoffs() {
  for (std::uint32_t taken = 0; taken < Exchange::kHandoffs; taken += kMaxBurst)
    if (!take_handoffs()) return;
}

void Worker::send_handoffs(const Handoff* handoffs, std::uint32_t count) {
  std::array<Packet*, kMaxBurst> run;
  for (std::uint32_t begin = 0; begin < count;) {
    std::uint32_t n = 0;
    const std::uint16_t port = handoffs[begin].port;
    for (; begin + n < count && handoffs[begin + n].port == port; ++n) {
      const Handoff& handoff = handoffs[begin + n];
      Packet& packet = packets_[n] = Packet{};
      packet.data = handoff.data;
      packet.length = handoff.length;
      packet.frame = handoff.frame;
      packet.tail = handoff.tail;
      packet.tail_length = handoff.tail_length;
      packet.checksum_start = handoff.checksum_start;
      packet.checksum_offset = handoff.checksum_offset;
      run[n] = &packet;
    }
    graph.send(port, run.data(), n);
    begin += n;
  }
}

void Worker::take_frames_home() {
  std::array<std::uint32_t, kMaxBurst> frames;
  for (std::uint32_t from = 0; from < exchange_.workers(); ++from) {
    if (from == index) continue;
    const std::uint32_t n = exchange_.homebound(from, index).pop(frames.data(), kMaxBurst);
    for (std::uint32_t i = 0; i < n; ++i) pool.put(frames[i]);
  }
}

// The rings have room for every frame of their worker, so none stays behind.
void Worker::send_frames_home() {
  if (pool.foreign().empty()) return;
  std::uint32_t homes = 0;  // a bit for each worker
  for (const std::uint32_t frame : pool.foreign()) {
    const std::uint32_t home = exchange_.home_of(frame);
    (void)exchange_.homebound(index, home).push(frame);
    homes |= 1u << home;
  }
  pool.foreign().clear();
  for (; homes != 0; homes &= homes - 1)
    exchange_.bell(static_cast<std::uint32_t>(std::countr_zero(homes))).ring();
}

// Woken by the first frame or by our bell. A socket in error (its device is gone) would wake us for
// ever, so it is no longer watched; the control side removes the port.
void Worker::sleep() {
  Bell& bell = exchange_.bell(index);
  bell.lie_down();
  if (!exchange_.is_quiet(index)) return bell.get_up();
  ++sleeps_;
  publish();
  quiescence_.offline(index);
  const int ready = ::poll(watched_.data(), watched_.size(), tx_waiting_ ? kTxRetryMs : kSleepMs);
  quiescence_.online(index);
  bell.get_up();
  if (ready <= 0) return;
  if (watched_.front().revents != 0) bell.clear();
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
