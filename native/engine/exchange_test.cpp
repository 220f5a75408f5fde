// Workers that send by each other's ports.
#include "engine/exchange.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "engine/handoff_port.hpp"
#include "engine/worker.hpp"
#include "graph/test_network.hpp"

namespace millrace {

namespace {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// Three workers, the pod of the same number behind each.
class ExchangeTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kWorkers = 3;
  static constexpr std::uint32_t kFrames = 1024;

  ExchangeTest() {
    WorkerOptions options;
    options.frames = kFrames;
    options.hugepages = Hugepages::kOff;
    for (std::uint32_t i = 0; i < kWorkers; ++i)
      workers.push_back(std::make_unique<Worker>(
          i, options, WorkerShared{umem, frames, exchange, quiescence},
          Graph::Shared{adjacencies, port_counters[i].data(), nullptr, nullptr}, &counters[i]));
    for (std::uint32_t i = 0; i < kWorkers; ++i) add_pod(i);
  }
  ~ExchangeTest() override { stop(); }

  void start() {
    for (const auto& worker : workers) worker->start();
  }
  void stop() {
    for (const auto& worker : workers) worker->stop();
  }
  void inject(std::uint32_t from, const Bytes& frame, int count) {
    workers[from]->between_rounds([&] {
      for (int i = 0; i < count; ++i) ports[from]->inject(frame);
    });
  }
  std::vector<MemoryPort::Sent> take_sent(std::uint32_t worker) {
    std::vector<MemoryPort::Sent> sent;
    workers[worker]->between_rounds([&] { sent = ports[worker]->take_sent(); });
    return sent;
  }
  // Of a port, by all workers.
  std::uint64_t sum(std::uint16_t port, std::uint32_t slot) const {
    std::uint64_t total = 0;
    for (const auto& of_worker : port_counters) total += of_worker[port].get(slot);
    return total;
  }
  static std::uint32_t slot_of(DropReason reason) {
    return kFirstDrop + static_cast<std::uint32_t>(reason);
  }
  bool pools_are_whole() {
    return eventually([&] {
      for (const auto& worker : workers) {
        bool whole = false;
        worker->between_rounds([&] {
          whole =
              worker->pool.available() == worker->pool.total() && worker->pool.foreign().empty();
        });
        if (!whole) return false;
      }
      return true;
    });
  }

  Umem umem{kFrames * kWorkers, 2048, Hugepages::kOff};
  FrameTable frames{umem.frames(), &umem};
  Exchange exchange{kWorkers, kFrames};
  Quiescence quiescence{kWorkers};
  AdjacencyTable adjacencies{kFirstAdjacency + kMaxPorts};
  std::array<CounterBlock, kWorkers> counters;
  std::array<std::array<CounterBlock, 8>, kWorkers> port_counters;
  Vrf vrf;
  std::array<PortConfig, kWorkers> configs;
  std::vector<std::unique_ptr<MemoryPort>> ports;
  std::vector<std::unique_ptr<HandoffPort>> lanes;
  std::vector<std::unique_ptr<Worker>> workers;

 private:
  void add_pod(std::uint32_t home) {
    const Pod& pod = kPods[home];
    PortConfig& config = configs[home];
    config.index = pod.port;
    config.mac = pod.gateway_mac;
    config.peer_mac = pod.mac;
    config.peer_ip4 = pod.ip4;
    config.has_ip4 = true;
    config.vrf = &vrf;
    adjacencies.publish(kFirstAdjacency + pod.port, adjacency_of(config));
    TestNetwork::add_route4(vrf, pod.ip4, 32, pod);
    ports.push_back(std::make_unique<MemoryPort>(config, umem, workers[home]->pool));
    for (const auto& worker : workers) {
      if (worker->index == home) {
        worker->add_queue(*ports.back());
        worker->graph.attach(*ports.back());
        continue;
      }
      lanes.push_back(std::make_unique<HandoffPort>(config, exchange, worker->index, home));
      worker->graph.attach(config, lanes.back().get());
    }
  }
};

TEST_F(ExchangeTest, SendsByThePortOfAnotherWorkerAndTheFramesComeHome) {
  start();
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  inject(0, frame, 200);
  ASSERT_TRUE(eventually([&] { return sum(1, kTxPackets) == 200; }));
  const auto sent = take_sent(1);
  ASSERT_EQ(sent.size(), 200u);
  EXPECT_EQ(Bytes(sent[0].bytes.begin(), sent[0].bytes.begin() + 6),
            Bytes(kBlueB.mac.bytes.begin(), kBlueB.mac.bytes.end()));
  EXPECT_EQ(sent[0].bytes.size(), frame.size());
  EXPECT_TRUE(pools_are_whole());
  EXPECT_EQ(port_counters[1][1].get(kTxPackets), 200u) << "counted by the worker that sends";
  EXPECT_EQ(port_counters[1][1].get(kTxBytes), 200u * frame.size());
  EXPECT_EQ(port_counters[0][1].get(kTxPackets), 0u) << "counted by the worker that routes";
}

TEST_F(ExchangeTest, CompletesChecksumsWhereThePortCannot) {
  start();
  Bytes frame = udp4(kBlueA, kBlueB.ip4);
  set_checksum(frame, {kProtoUdp, 34, 6}, Checksum::kPartial);
  inject(0, frame, 1);
  ASSERT_TRUE(eventually([&] { return sum(1, kTxPackets) == 1; }));
  Bytes sent = take_sent(1).at(0).bytes;
  const Bytes as_sent = sent;
  set_checksum(sent, {kProtoUdp, 34, 6}, Checksum::kRight);
  EXPECT_EQ(hex(as_sent), hex(sent));
}

TEST_F(ExchangeTest, LeavesChecksumsToAPortThatCompletesThem) {
  ports[1]->offload_checksums(true);
  start();
  Bytes frame = udp4(kBlueA, kBlueB.ip4);
  set_checksum(frame, {kProtoUdp, 34, 6}, Checksum::kPartial);
  inject(0, frame, 1);
  ASSERT_TRUE(eventually([&] { return sum(1, kTxPackets) == 1; }));
  const auto sent = take_sent(1);
  EXPECT_EQ(sent.at(0).checksum_start, 34);
  EXPECT_EQ(sent.at(0).checksum_offset, 6);
}

TEST_F(ExchangeTest, HandsPacketsOverThatSpanSeveralFrames) {
  for (const auto& port : ports) port->split_at(701);
  start();
  const Bytes frame = udp4(kBlueA, kBlueB.ip4, 1440);
  inject(0, frame, 20);
  ASSERT_TRUE(eventually([&] { return sum(1, kTxPackets) == 20; }));
  for (const auto& sent : take_sent(1))
    EXPECT_TRUE(
        std::equal(frame.begin() + 34, frame.end(), sent.bytes.begin() + 34, sent.bytes.end()));
  EXPECT_TRUE(pools_are_whole());
}

// The workers stand still, so that nobody empties the ring.
TEST_F(ExchangeTest, CountsAFullRingAtTheOutputPort) {
  constexpr std::uint32_t kBursts = Exchange::kHandoffs / kMaxBurst;
  FramePool plenty(frames, 0, umem.frames());
  Graph graph(plenty, {adjacencies, port_counters[0].data(), nullptr, nullptr}, 0);
  HandoffPort lane(configs[1], exchange, 0, 1);
  graph.attach(configs[0], nullptr);
  graph.attach(configs[1], &lane);
  MemoryPort in(configs[0], umem, plenty);
  const Bytes frame = udp4(kBlueA, kBlueB.ip4);
  std::array<Packet, kMaxBurst> packets;
  for (std::uint32_t burst = 0; burst <= kBursts; ++burst) {
    for (std::uint32_t i = 0; i < kMaxBurst; ++i) in.inject(frame);
    ASSERT_EQ(in.receive(packets.data(), kMaxBurst), kMaxBurst);
    graph.process(packets.data(), kMaxBurst, in);
  }
  EXPECT_EQ(port_counters[0][1].drops(DropReason::kHandoffRingFull), kMaxBurst);
  EXPECT_EQ(port_counters[0][0].drops(DropReason::kHandoffRingFull), 0u);
  EXPECT_EQ(sum(1, kTxPackets), 0u);
  EXPECT_EQ(plenty.available(), plenty.total() - Exchange::kHandoffs) << "dropped frames are free";
  EXPECT_FALSE(exchange.is_quiet(1));
  EXPECT_TRUE(exchange.is_quiet(0));
  EXPECT_TRUE(exchange.is_quiet(2));
}

TEST_F(ExchangeTest, WakesTheWorkerThatIsToSend) {
  start();
  ASSERT_TRUE(eventually([&] { return counters[1].get(kSleeps) > 0; }));
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 1; i <= 10; ++i) {
    inject(0, udp4(kBlueA, kBlueB.ip4), 1);
    ASSERT_TRUE(eventually([&] { return sum(1, kTxPackets) == i; }));
    std::this_thread::sleep_for(5ms);  // it falls asleep again
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms) << "it sleeps for a second at a time";
}

TEST_F(ExchangeTest, DropsWhatIsUnderWayToAPortThatIsGone) {
  start();
  workers[1]->between_rounds([&] {
    workers[1]->remove_queue(*ports[1]);
    workers[1]->graph.detach(1);
  });
  inject(0, udp4(kBlueA, kBlueB.ip4), 50);
  EXPECT_TRUE(eventually([&] { return sum(1, slot_of(DropReason::kPortGone)) == 50; }));
  EXPECT_TRUE(pools_are_whole());
}

// The target stands still in its request while the other one fills the ring.
TEST_F(ExchangeTest, DrainsWhatIsUnderWayBeforeThePortMayHaveASuccessor) {
  start();
  workers[1]->between_rounds([&] {
    workers[1]->remove_queue(*ports[1]);
    workers[1]->graph.detach(1);
    inject(0, udp4(kBlueA, kBlueB.ip4), 500);
    ASSERT_TRUE(eventually([&] { return port_counters[0][0].get(kRxPackets) == 500; }));
    workers[0]->between_rounds([&] { workers[0]->graph.detach(1); });
    workers[1]->drain_handoffs();
    EXPECT_TRUE(exchange.packets(0, 1).empty());
    workers[1]->graph.attach(*ports[1]);
  });
  EXPECT_TRUE(pools_are_whole());
  EXPECT_TRUE(take_sent(1).empty()) << "the successor has got what was meant for another";
}

TEST_F(ExchangeTest, LosesNoFrameInAStormInAllDirections) {
  constexpr int kRounds = 150;
  constexpr int kEach = 100;
  start();
  std::vector<std::thread> senders;
  for (std::uint32_t from = 0; from < kWorkers; ++from)
    senders.emplace_back([&, from] {
      for (int round = 0; round < kRounds; ++round)
        inject(from, udp4(kPods[from], kPods[(from + 1u + round % 2u) % kWorkers].ip4), kEach);
    });
  for (auto& sender : senders) sender.join();
  const std::uint64_t sent = std::uint64_t{kWorkers} * kRounds * kEach;
  const auto settled = [&](std::uint32_t slot) {
    return sum(0, slot) + sum(1, slot) + sum(2, slot);
  };
  EXPECT_TRUE(eventually([&] {
    return settled(kTxPackets) + settled(slot_of(DropReason::kHandoffRingFull)) == sent;
  })) << settled(kRxPackets)
      << " received, " << settled(kTxPackets) << " sent, "
      << settled(slot_of(DropReason::kHandoffRingFull)) << " dropped of " << sent;
  EXPECT_TRUE(pools_are_whole());
  std::size_t taken = 0;
  for (std::uint32_t i = 0; i < kWorkers; ++i) taken += take_sent(i).size();
  EXPECT_EQ(taken, settled(kTxPackets));
}

}  // namespace

}  // namespace millrace
