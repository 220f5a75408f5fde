// Random frames through a bridge domain and through the kernel's bridge: the same frames leave, by
// the same ports.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "engine/memory_port.hpp"
#include "graph/graph.hpp"
#include "graph/kernel_differential_bridge_frames.hpp"
#include "graph/kernel_differential_network.hpp"

namespace millrace {

namespace {

using namespace differential_bridge;

constexpr int kFrames = 40000;

class KernelBridge {
 public:
  KernelBridge() : network_(kPorts) {
    network_.set({"net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"});
    // A bridge, not a firewall: otherwise what is no valid IP packet is dropped.
    if (std::filesystem::exists("/proc/sys/net/bridge"))
      network_.set({"net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0",
                    "net.bridge.bridge-nf-call-arptables=0"});
    // The graph drops frames to link-local groups before it learns.
    std::string commands =
        "link add bridge0 type bridge mcast_snooping 0 no_linklocal_learn 1 forward_delay 0 "
        "stp_state 0\n"
        "link set bridge0 address 02:00:00:00:ff:ff up\n";
    for (std::uint16_t i = 0; i < kPorts; ++i) {
      const std::string name = KernelNetwork::near_name(i);
      commands += "link set " + name + " master bridge0\nlink set " + name +
                  " address 02:00:00:00:ff:0" + std::to_string(i) + " mtu " +
                  std::to_string(kMtus[i]) + " up\n";
    }
    network_.ip(commands);
    for (std::uint16_t from = 0; from < kPorts; ++from)
      for (std::uint16_t to = 0; to < kPorts; ++to)
        if (to != from) await_way(from, to);
    network_.forget_received();
  }
  Outputs process(std::uint16_t port, const Bytes& frame) {
    network_.send(port, frame);
    const Bytes marker = next_marker(port);
    network_.send(port, marker);
    Outputs outputs = network_.receive(port == 0 ? 1 : 0, marker);
    std::erase_if(outputs, [&](const Output& output) { return output.frame == marker; });
    return outputs;
  }

 private:
  void await_way(std::uint16_t from, std::uint16_t to) {
    const Bytes marker = next_marker(from);
    network_.await_way(from, to, marker, marker);
  }
  // A broadcast from a station that nobody sends to.
  Bytes next_marker(std::uint16_t port) {
    Bytes marker = {'m', 'a', 'r', 'k', 'e', 'r', 0, 0, 0, 0};
    store_be32(&marker[6], ++sequence_);
    return ethernet({{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
                    {{2, 0, 0, 0, 0xfe, static_cast<std::uint8_t>(port)}}, 0x88b6, marker);
  }
  KernelNetwork network_;
  std::uint32_t sequence_ = 0;
};

class GraphBridge {
 public:
  GraphBridge() {
    bridge_.flood_per_second = 0;
    bridge_.suppresses = false;
    for (std::uint16_t i = 0; i < kPorts; ++i) add_port(i);
  }
  Outputs process(std::uint16_t port, const Bytes& frame) {
    ports_[port]->inject(frame);
    std::array<Packet, kMaxBurst> packets;
    const std::uint32_t count = ports_[port]->receive(packets.data(), kMaxBurst);
    graph_.process(packets.data(), count, ports_[port]->config);
    Outputs outputs;
    for (std::uint16_t i = 0; i < kPorts; ++i)
      for (auto& sent : ports_[i]->take_sent()) outputs.push_back({i, std::move(sent.bytes)});
    return outputs;
  }
  bool pool_is_whole() const { return pool_.available() == pool_.total(); }

 private:
  void add_port(std::uint16_t index) {
    PortConfig config;
    config.index = index;
    config.mtu = kMtus[index];
    config.bridge = &bridge_;
    config.spoof_check = false;
    config.partial_checksums = false;  // packet sockets send whole ones
    ports_[index] = std::make_unique<MemoryPort>(config, umem_, pool_);
    bridge_.add_port({ports_[index]->config});
    graph_.attach(*ports_[index]);
  }

  Umem umem_{64, 4096, Hugepages::kOff};
  FramePool pool_{umem_};
  AdjacencyTable adjacencies_{kFirstAdjacency + kMaxPorts};
  std::array<CounterBlock, kPorts> counters_{};
  Graph graph_{pool_, {adjacencies_, counters_.data()}, 0};
  Bridge bridge_{{.id = 1}};
  std::array<std::unique_ptr<MemoryPort>, kPorts> ports_;
};

TEST(KernelDifferentialTest, BridgesAsTheKernelDoes) {
  if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
  Dice dice(differential_seed());
  KernelBridge kernel;
  GraphBridge graph;
  Frames frames(dice);
  std::map<std::size_t, int> copies;
  int failures = 0;
  for (int i = 1; i <= kFrames; ++i) {
    const Output in = frames.next();
    Outputs ours = graph.process(in.port, in.frame);
    Outputs theirs = kernel.process(in.port, in.frame);
    const auto by_port = [](const Output& a, const Output& b) { return a.port < b.port; };
    std::sort(ours.begin(), ours.end(), by_port);
    std::sort(theirs.begin(), theirs.end(), by_port);
    ++copies[ours.size()];
    if (ours == theirs) continue;
    ADD_FAILURE() << "frame " << i << " into port " << in.port << ": " << hex(in.frame)
                  << "\n  kernel:\n"
                  << text_of(theirs) << "  graph:\n"
                  << text_of(ours);
    if (++failures == 20) break;
  }
  for (const auto& [count, times] : copies)
    std::cout << "  to " << count << " ports: " << times << "\n";
  EXPECT_TRUE(graph.pool_is_whole());
}

}  // namespace

}  // namespace millrace
