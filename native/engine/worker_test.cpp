#include "engine/worker.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <system_error>

#include "engine/memory_port.hpp"
#include "graph/test_network.hpp"

namespace millrace {

namespace {

using namespace std::chrono_literals;

// Polls, because the loop runs when it likes. Five seconds is for ever.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// Has a descriptor to wait for, as a socket has; a frame is an event, and only noted.
class PollablePort final : public Port {
 public:
  PollablePort(const PortConfig& port_config, int fd) : Port(port_config), fd_(fd) {}

  std::uint32_t receive(Packet*, std::uint32_t) override {
    std::uint64_t events;
    if (::read(fd_, &events, sizeof(events)) == sizeof(events)) ++received;
    return 0;
  }
  std::uint32_t transmit(Packet* const*, std::uint32_t) override { return 0; }
  bool flush() override { return false; }
  int poll_fd() const override { return fd_; }

  std::atomic<std::uint32_t> received{0};

 private:
  const int fd_;
};

class WorkerTest : public ::testing::Test {
 protected:
  static WorkerOptions options(int cpu = -1) {
    WorkerOptions options;
    options.cpu = cpu;
    options.frames = 256;
    options.hugepages = Hugepages::kOff;
    return options;
  }

  // A worker that may be one of several.
  std::unique_ptr<Worker> make(std::uint32_t index, const WorkerOptions& options) {
    return std::make_unique<Worker>(
        index, options, WorkerShared{umem, frames, exchange, quiescence},
        Graph::Shared{adjacencies, port_counters[index].data(), nullptr, nullptr}, &counters);
  }

  // Two pods of one network on memory ports of a worker.
  void add_pods(Worker& worker) {
    for (const Pod& pod : {kBlueA, kBlueB}) add_pod(worker, pod);
  }
  void add_pod(Worker& worker, const Pod& pod) {
    PortConfig config;
    config.index = pod.port;
    config.mac = pod.gateway_mac;
    config.peer_mac = pod.mac;
    config.peer_ip4 = pod.ip4;
    config.has_ip4 = true;
    config.vrf = &vrf;
    ports.push_back(std::make_unique<MemoryPort>(config, worker.umem, worker.pool));
    adjacencies.publish(kFirstAdjacency + pod.port, adjacency_of(config));
    TestNetwork::add_route4(vrf, pod.ip4, 32, pod);
    worker.between_rounds([&] {
      worker.add_queue(*ports.back());
      worker.graph.attach(*ports.back());
    });
  }

  static constexpr std::uint32_t kWorkers = 4;
  Umem umem{256 * kWorkers, 2048, Hugepages::kOff};
  FrameTable frames{umem.frames(), &umem};
  Exchange exchange{kWorkers, 256};
  Quiescence quiescence{kWorkers};
  AdjacencyTable adjacencies{kFirstAdjacency + kMaxPorts};
  CounterBlock counters;
  std::array<std::array<CounterBlock, 8>, kWorkers> port_counters;
  Vrf vrf;
  std::vector<std::unique_ptr<MemoryPort>> ports;
};

TEST_F(WorkerTest, ForwardsBetweenItsPorts) {
  const auto made = make(0, options());
  Worker& worker = *made;
  worker.start();
  add_pods(worker);
  worker.between_rounds([&] {
    for (int i = 0; i < 200; ++i) ports[0]->inject(udp4(kBlueA, kBlueB.ip4));
  });
  EXPECT_TRUE(eventually([&] { return port_counters[0][1].get(kTxPackets) == 200; }));
  std::size_t sent = 0;
  worker.between_rounds([&] { sent = ports[1]->take_sent().size(); });
  EXPECT_EQ(sent, 200u);
  worker.stop();
  EXPECT_EQ(worker.pool.available(), worker.pool.total());
}

TEST_F(WorkerTest, ForgetsARemovedPort) {
  const auto made = make(0, options());
  Worker& worker = *made;
  worker.start();
  add_pods(worker);
  worker.between_rounds([&] {
    worker.remove_queue(*ports[0]);
    worker.graph.detach(0);
  });
  worker.between_rounds([&] { ports[0]->inject(udp4(kBlueA, kBlueB.ip4)); });
  worker.between_rounds([&] { ports[1]->inject(udp4(kBlueB, kBlueB.ip4)); });
  EXPECT_TRUE(eventually([&] { return port_counters[0][1].get(kTxPackets) == 1; }));
  worker.stop();
  EXPECT_EQ(port_counters[0][0].get(kRxPackets), 0u);
}

TEST_F(WorkerTest, RunsWorkOnItsOwnThreadWhileItIsRunning) {
  const auto made = make(0, options());
  Worker& worker = *made;
  std::thread::id thread;
  const auto note = [&] { thread = std::this_thread::get_id(); };
  worker.between_rounds(note);
  EXPECT_EQ(thread, std::this_thread::get_id()) << "before start()";
  worker.start();
  worker.between_rounds(note);
  EXPECT_NE(thread, std::this_thread::get_id()) << "while running";
  worker.stop();
  worker.between_rounds(note);
  EXPECT_EQ(thread, std::this_thread::get_id()) << "after stop()";
}

TEST_F(WorkerTest, WakesUpForWorkWhileItSleeps) {
  const auto made = make(0, options());
  Worker& worker = *made;
  worker.start();
  ASSERT_TRUE(eventually([&] { return counters.get(kSleeps) > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    worker.between_rounds([] {});
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms) << "it sleeps for a second at a time";
}

TEST_F(WorkerTest, WakesUpForAFrameWhileItSleeps) {
  const UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  PollablePort port({}, event.get());
  const auto made = make(0, options());
  Worker& worker = *made;
  worker.add_queue(port);
  worker.start();
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint32_t i = 1; i <= 20; ++i) {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(event.get(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
    ASSERT_TRUE(eventually([&] { return port.received == i; }));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms) << "it sleeps for a second at a time";
}

TEST_F(WorkerTest, SleepsOnBesideAPortWhoseDeviceIsGone) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const UniqueFd dead(ends[0]);
  ::close(ends[1]);  // from now on poll() reports a hang-up
  PollablePort port({}, dead.get());
  const auto made = make(0, options());
  Worker& worker = *made;
  worker.add_queue(port);
  worker.start();
  ASSERT_TRUE(eventually([&] { return counters.get(kSleeps) > 0; }));
  std::this_thread::sleep_for(100ms);
  EXPECT_LE(counters.get(kSleeps), 3u);
  worker.between_rounds([&] { worker.remove_queue(port); });
}

TEST_F(WorkerTest, DoesWorkOfManyThreadsOneAfterTheOther) {
  const auto made = make(0, options());
  Worker& worker = *made;
  worker.start();
  int unprotected = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) worker.between_rounds([&] { ++unprotected; });
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(unprotected, 1000);
}

TEST_F(WorkerTest, DoesAllWorkEvenWhileItStops) {
  for (int round = 0; round < 100; ++round) {
    const auto made = make(0, options());
    Worker& worker = *made;
    worker.start();
    std::atomic<int> done{0};
    std::thread requester([&] {
      for (int i = 0; i < 20; ++i) worker.between_rounds([&] { ++done; });
    });
    worker.stop();
    requester.join();
    EXPECT_EQ(done.load(), 20);
  }
}

TEST_F(WorkerTest, StartsAgainAfterAStop) {
  const auto made = make(0, options());
  Worker& worker = *made;
  for (int i = 0; i < 3; ++i) {
    worker.start();
    bool worked = false;
    worker.between_rounds([&] { worked = true; });
    EXPECT_TRUE(worked);
    worker.stop();
    worker.stop();
  }
}

TEST_F(WorkerTest, PublishesItsFramesAndRounds) {
  const auto made = make(0, options());
  Worker& worker = *made;
  EXPECT_EQ(counters.get(kFramesTotal), 256u);
  EXPECT_EQ(counters.get(kFramesFree), 256u);
  worker.start();
  ASSERT_TRUE(eventually([&] { return counters.get(kRounds) > 0; }));
  worker.between_rounds([&] { worker.pool.lend(worker.pool.take(), 1); });
  worker.stop();
  EXPECT_EQ(counters.get(kFramesFree), 255u);
  EXPECT_EQ(counters.get(kBusyRounds), 0u);
}

TEST_F(WorkerTest, SaysThatItsCpuCannotBeHad) {
  const auto made = make(3, options(1023));
  Worker& worker = *made;
  try {
    worker.start();
    FAIL() << "pinned to CPU 1023";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EINVAL);
    EXPECT_NE(std::string(error.what()).find("pin worker 3 to CPU 1023"), std::string::npos)
        << error.what();
  }
  worker.between_rounds([] {});
}

}  // namespace

}  // namespace millrace
