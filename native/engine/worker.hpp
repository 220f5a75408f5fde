#pragma once
// One ring loop: a thread, pinned, that owns a UMEM, a frame pool, a graph and its ports. Nothing
// here is shared while it runs; the control side changes it only through between_rounds().
#include <poll.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/counters.hpp"
#include "engine/frame_pool.hpp"
#include "engine/port.hpp"
#include "engine/umem.hpp"
#include "engine/unique_fd.hpp"
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

class Worker {
 public:
  // counters outlives the worker. Throws std::system_error: no memory, no hugepages.
  Worker(std::uint32_t index, const WorkerOptions& options, CounterBlock* counters);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Throws std::system_error when the CPU cannot be had.
  void start();
  void stop();

  // Runs work on the loop's own thread between two rounds and waits for it. When it returns, every
  // round that began before has ended too: this is the quiescent state of the tables (RCU's
  // synchronize). May be called from any thread but the loop itself.
  void between_rounds(const std::function<void()>& work);

  // Only inside between_rounds().
  void add_port(Port& port);
  void remove_port(Port& port);

  const WorkerOptions options;
  Umem umem;
  FramePool pool;
  Graph graph;

 private:
  void run();
  bool round();
  void run_request();
  void sleep();
  void publish();
  void wake();

  const std::uint32_t index_;
  CounterBlock* const counters_;
  UniqueFd event_;
  std::vector<Port*> ports_;
  // What sleep() waits for: event_ first, then the ports. An epoll set would be cheaper to wait on,
  // but its callbacks run for every frame, also while nobody sleeps: a tenth of the packet rate.
  std::vector<pollfd> watched_;
  std::array<Packet, kMaxBurst> packets_;
  std::uint64_t rounds_ = 0;
  std::uint64_t busy_rounds_ = 0;
  std::uint64_t sleeps_ = 0;
  bool tx_waiting_ = false;

  std::thread thread_;
  std::atomic<bool> stop_{false};
  std::mutex request_mutex_;
  std::atomic<const std::function<void()>*> request_{nullptr};
  std::atomic<bool> request_done_{false};
};

}  // namespace millrace
