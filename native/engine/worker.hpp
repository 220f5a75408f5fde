#pragma once
// One ring loop: a thread, pinned, that owns a share of the UMEM, a graph and some queues of ports.
// What workers share (tables, the exchange) is made for it; everything else here belongs to the
// loop while it runs, and the control side changes it only through between_rounds().
#include <poll.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/counters.hpp"
#include "engine/exchange.hpp"
#include "engine/frame_pool.hpp"
#include "engine/live_transmit.hpp"
#include "engine/port.hpp"
#include "engine/quiescence.hpp"
#include "engine/umem.hpp"
#include "graph/graph.hpp"

namespace millrace {

struct WorkerOptions {
  int cpu = -1;  // -1: not pinned
  std::uint32_t frames = 8192;
  std::uint32_t frame_size = 2048;
  Hugepages hugepages = Hugepages::kAuto;
  std::uint32_t ring_size = 2048;
  std::uint32_t batch = kMaxBurst;
  std::uint32_t idle_rounds = 64;
  std::uint32_t icmp_per_second = 1000;
};

// What all workers of a dataplane have in common.
struct WorkerShared {
  Umem& umem;
  FrameTable& frames;
  Exchange& exchange;
  Quiescence& quiescence;
  Bell* control_bell = nullptr;  // rung when a graph has told something; may be null
};

class Worker {
 public:
  // counters and what shared and graph refer to outlive the worker.
  Worker(std::uint32_t index, const WorkerOptions& options, const WorkerShared& shared,
         const Graph::Shared& graph, CounterBlock* counters);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Throws std::system_error when the CPU cannot be had.
  void start();
  void stop();

  // Runs work on the loop's own thread between two rounds and waits for it. May be called from any
  // thread but a loop's; work may call the between_rounds() of another worker if only one thread
  // does such things at a time.
  void between_rounds(const std::function<void()>& work);

  // Only inside between_rounds(). A queue that this worker polls from now on.
  void add_queue(Port& queue);
  void remove_queue(Port& queue);
  // Only inside between_rounds(). Sends, or drops, what other workers have handed over until now.
  void drain_handoffs();

  const std::uint32_t index;
  const WorkerOptions options;
  Umem& umem;
  FramePool pool;
  LiveTransmit live{pool};
  Graph graph;

 private:
  void run();
  bool round();
  bool receive();
  bool receive_from(Port& queue);
  bool look_at_quiet_queues();
  void take_woken_queues();
  void flush();
  bool take_handoffs();
  void send_handoffs(const Handoff* handoffs, std::uint32_t count);
  void take_frames_home();
  void send_frames_home();
  void run_request();
  void sleep();
  void publish();

  Exchange& exchange_;
  Quiescence& quiescence_;
  Bell* const control_bell_;
  CounterBlock* const counters_;
  std::vector<Port*> queues_;  // all
  // Those with traffic of late. The others are looked at in turns: with hundreds of pods, most of
  // them quiet, asking each in each round would cost the busy ones a fifth of their rate.
  std::vector<Port*> active_;
  std::uint32_t next_quiet_ = 0;  // place in queues_
  // What sleep() waits for: our bell first, then the queues. An epoll set would be cheaper to wait
  // on, but its callbacks run for every frame, also while nobody sleeps: a tenth of the packet
  // rate.
  std::vector<pollfd> watched_;
  std::array<Packet, kMaxBurst> packets_;
  std::uint64_t rounds_ = 0;
  std::uint64_t busy_rounds_ = 0;
  std::uint64_t sleeps_ = 0;
  bool tx_waiting_ = false;
  bool full_burst_ = false;  // in this round, from some queue

  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::mutex request_mutex_;
  std::atomic<const std::function<void()>*> request_{nullptr};
  std::atomic<bool> request_done_{false};
};

}  // namespace millrace
