// The graph of one worker in memory. A replay port copies the frames of a pod into the UMEM, as a
// NIC's DMA would; what is sent to the uplink goes to a null port.
#pragma once
#include "native/case.hpp"
#include "pipeline/pipeline.hpp"

namespace millrace::bench {

constexpr std::uint32_t kFlows = 4096;

struct Network {
  Network(std::uint32_t ports, const Vxlan* vxlan)
      : counters(ports),
        graph(pool, {.adjacencies = adjacencies, .ports = counters.data(), .vxlan = vxlan}, 1000) {}

  void attach(Port& port) { attach(port.config, &port); }
  void attach(const PortConfig& config, Port* egress) {
    adjacencies.publish(kFirstAdjacency + config.index, adjacency_of(config));
    graph.attach(config, egress);
  }
  // A burst from the port, through the graph.
  void pass(Port& source) {
    const std::uint32_t count = source.receive(packets.data(), kMaxBurst);
    graph.process(packets.data(), count, source);
  }
  // Whether a burst leaves by the port, and every frame comes back.
  bool forwards(Port& source, std::uint16_t to) {
    const std::uint64_t before = counters[to].get(kTxPackets);
    pass(source);
    return counters[to].get(kTxPackets) == before + kMaxBurst && pool.available() == pool.total();
  }

  Umem umem{4096, 2048, Hugepages::kAuto};
  FramePool pool{umem};
  AdjacencyTable adjacencies{kFirstAdjacency + kMaxPorts};
  std::vector<CounterBlock> counters;
  Graph graph;
  std::array<Packet, kMaxBurst> packets;
};

}  // namespace millrace::bench
