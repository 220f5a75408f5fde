// In-memory pipeline speed: the IPv4 graph of one core on 64-byte UDP packets, without any kernel.
// A replay port copies prepared frames into the UMEM (as a NIC's DMA would), the graph routes them
// to a null port. Prints one JSON object.
//   millrace_pipeline [flows=65536] [seconds=2] [routes=256]
// More than 256 routes make the synthetic Internet table of bench/lpm; the flows then go to
// addresses in random prefixes of it.
#include "pipeline/pipeline.hpp"

#include <memory>
#include <vector>

#include "lpm/table.h"

namespace {

using namespace millrace;
using namespace millrace::bench;

constexpr Ip4 kPod = 0x0a010002, kGateway = 0x0a010001, kSink = 0x0a010003,
              kBehindSink = 0x0a020000;
const Mac kGatewayMac{{2, 0, 0, 0, 0, 1}};
const Mac kPodMac{{2, 0, 0, 0, 0, 2}};
const Mac kSinkMac{{2, 0, 0, 0, 0, 3}};

// Where the graph forwards at all: unicast, and not to the loopback or link-local prefixes.
bool is_forwarded(Ip4 address) {
  return (address >> 24) != 0 && (address >> 24) != 127 && (address >> 16) != 0xa9fe &&
         address < 0xe0000000u;
}

// Destinations of the flows. Every route leads to the sink.
std::vector<Ip4> add_table(Vrf& vrf, std::uint32_t routes, std::uint32_t flows) {
  vrf.gateway4 = kGateway;
  vrf.has_gateway4 = true;
  add_route(vrf, kGateway, 32, kNextHopLocal);
  add_route(vrf, kSink, 32, kFirstAdjacency + 1);
  add_routes(vrf, kBehindSink, kFirstAdjacency + 1);
  std::vector<Ip4> destinations;
  if (routes <= 256) {
    for (std::uint32_t flow = 0; flow < flows; ++flow)
      destinations.push_back(kBehindSink + (flow & 0xffff));
    return destinations;
  }
  table table = table_make(routes, 0);
  for (std::uint32_t i = 0; i < table.count; ++i) {
    add_route(vrf, static_cast<Ip4>(table.routes[i].high >> 32), table.routes[i].length,
              kFirstAdjacency + 1);
    vrf.fib4.reclaim();
  }
  while (destinations.size() < flows) {
    const auto address = static_cast<Ip4>(table_key(&table).high >> 32);
    if (is_forwarded(address)) destinations.push_back(address);
  }
  std::free(table.routes);
  return destinations;
}

}  // namespace

int main(int argc, char** argv) {
  const Limits limits = limits_of(argc, argv);
  const std::uint32_t routes = argc > 3 ? static_cast<std::uint32_t>(std::atoi(argv[3])) : 256;
  if (!limits.valid() || routes > 2000000) {
    std::fprintf(stderr,
                 "usage: millrace_pipeline [flows: 1 to 65536] [seconds: up to 60] "
                 "[routes: up to 2000000]\n");
    return 2;
  }
  Umem umem(4096, 2048, Hugepages::kAuto);
  FramePool pool(umem);
  AdjacencyTable adjacencies(kFirstAdjacency + kMaxPorts);
  std::vector<CounterBlock> counters(2);
  const auto graph =
      std::make_unique<Graph>(pool, Graph::Shared{adjacencies, counters.data()}, 1000);
  Vrf vrf;
  const std::vector<Ip4> destinations = add_table(vrf, routes, limits.flows);
  std::vector<Bytes> templates;
  for (std::uint32_t flow = 0; flow < limits.flows; ++flow)
    templates.push_back(make_udp({kGatewayMac, kPodMac, kPod, destinations[flow], flow}));
  ReplayPort source(pod_port(0, kGatewayMac, kPodMac, kPod, vrf), umem, pool, std::move(templates));
  NullPort sink(pod_port(1, kGatewayMac, kSinkMac, kSink, vrf), pool);
  for (Port* port : std::initializer_list<Port*>{&source, &sink}) {
    adjacencies.publish(kFirstAdjacency + port->config.index, adjacency_of(port->config));
    graph->attach(*port);
  }

  const Measured measured = measure(*graph, source, limits.seconds);
  const bool complete =
      counters[1].get(kTxPackets) == measured.packets && pool.available() == pool.total();
  return report(measured, limits.flows, vrf.fib4.size(), complete);
}
