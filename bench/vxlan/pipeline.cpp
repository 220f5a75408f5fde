// In-memory speed of encapsulation: one core's graph routes 64-byte UDP packets of a pod into a
// VXLAN tunnel over IPv4, without any kernel. A replay port copies prepared frames into the UMEM
// (as a NIC's DMA would), the tunnelled ones go to a null port. Prints one JSON object.
//   millrace_vxlan_pipeline [flows=65536] [seconds=2]
#include <memory>
#include <vector>

#include "vxlan/overlay.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

int usage() {
  std::fprintf(stderr, "usage: millrace_vxlan_pipeline [flows: 1 to 65536] [seconds: up to 60]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const Limits limits = limits_of(argc, argv);
  if (!limits.valid()) return usage();
  Umem umem(4096, 2048, Hugepages::kAuto);
  FramePool pool(umem);
  AdjacencyTable adjacencies(kFirstAdjacency + kMaxPorts);
  std::vector<CounterBlock> counters(Overlay::kPorts);
  Overlay overlay;
  const Graph::Shared shared{
      .adjacencies = adjacencies, .ports = counters.data(), .vxlan = &overlay.vxlan};
  const auto graph = std::make_unique<Graph>(pool, shared, 1000);
  ReplayPort source(overlay.pod(), umem, pool, Overlay::frames(limits.flows));
  NullPort sink(overlay.uplink(), pool);
  const PortConfig vni = overlay.vni();
  for (const PortConfig* config : {&source.config, &sink.config, &vni})
    adjacencies.publish(kFirstAdjacency + config->index, adjacency_of(*config));
  graph->attach(source);
  graph->attach(sink);
  graph->attach(vni, nullptr);

  const Measured measured = measure(*graph, source, limits.seconds);
  // Every packet, each with the headers of the tunnel around it.
  const std::uint64_t length = kFrameLength + vxlan_headers(false);
  const CounterBlock& sent = counters[Overlay::kUplinkPort];
  const bool complete = sent.get(kTxPackets) == measured.packets &&
                        sent.get(kTxBytes) == measured.packets * length &&
                        pool.available() == pool.total();
  return report(measured, limits.flows, overlay.tenant.fib4.size(), complete);
}
