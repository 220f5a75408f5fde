// In-memory pipeline speed: the IPv4 graph of one core on 64-byte UDP packets, without any kernel.
// A replay port copies prepared frames into the UMEM (as a NIC's DMA would), the graph routes them
// to a null port. Prints one JSON object.
//   millrace_pipeline [flows=65536] [seconds=2] [routes=256]
// More than 256 routes make the synthetic Internet table of bench/lpm; the flows then go to
// addresses in random prefixes of it.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "engine/replay_port.hpp"
#include "graph/graph.hpp"
#include "lpm/table.h"

namespace {

using namespace millrace;

constexpr Ip4 kPod = 0x0a010002, kGateway = 0x0a010001, kSink = 0x0a010003,
              kBehindSink = 0x0a020000;
const Mac kGatewayMac{{2, 0, 0, 0, 0, 1}};
const Mac kPodMac{{2, 0, 0, 0, 0, 2}};
const Mac kSinkMac{{2, 0, 0, 0, 0, 3}};

// 60 bytes without the frame check sequence: a 64-byte frame on the wire.
Bytes make_udp(std::uint32_t flow, Ip4 destination) {
  Bytes frame(60, 0);
  std::uint8_t* ip = frame.data() + kEthernetLength;
  std::memcpy(frame.data(), kGatewayMac.bytes.data(), 6);
  std::memcpy(frame.data() + 6, kPodMac.bytes.data(), 6);
  store_be16(frame.data() + 12, kEtherTypeIp4);
  ip[0] = 0x45;
  store_be16(ip + ip4::kTotalLength, 46);
  ip[ip4::kTtl] = 64;
  ip[ip4::kProtocol] = kProtoUdp;
  store_be32(ip + ip4::kSource, kPod);
  store_be32(ip + ip4::kDestination, destination);
  const auto checksum =
      static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, ip, ip4::kMinHeader)));
  std::memcpy(ip + ip4::kChecksum, &checksum, 2);
  store_be16(ip + 20, static_cast<std::uint16_t>(1024 + flow));
  store_be16(ip + 22, 2000);
  store_be16(ip + 24, 26);
  return frame;
}

PortConfig make_config(std::uint16_t index, const Mac& peer, Ip4 address, Vrf& vrf) {
  PortConfig config;
  config.index = index;
  config.mac = kGatewayMac;
  config.peer_mac = peer;
  config.peer_ip4 = address;
  config.has_ip4 = true;
  config.vrf = &vrf;
  return config;
}

void add_route(Vrf& vrf, Ip4 prefix, std::uint32_t length, std::uint32_t value) {
  std::uint8_t bytes[4];
  store_be32(bytes, prefix);
  vrf.fib4.insert(bytes, length, value);
}

void add_routes(Vrf& vrf) {
  vrf.gateway4 = kGateway;
  vrf.has_gateway4 = true;
  add_route(vrf, kGateway, 32, kNextHopLocal);
  add_route(vrf, kSink, 32, kFirstAdjacency + 1);
  for (std::uint32_t i = 0; i < 256; ++i)  // 256 routes of /24: the lookup goes below the root
    add_route(vrf, kBehindSink + (i << 8), 24, kFirstAdjacency + 1);
}

// Where the graph forwards at all: unicast, and not to the loopback or link-local prefixes.
bool is_forwarded(Ip4 address) {
  return (address >> 24) != 0 && (address >> 24) != 127 && (address >> 16) != 0xa9fe &&
         address < 0xe0000000u;
}

// Destinations of the flows. Every route leads to the sink.
std::vector<Ip4> add_table(Vrf& vrf, std::uint32_t routes, std::uint32_t flows) {
  add_routes(vrf);
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
  const std::uint32_t flows = argc > 1 ? static_cast<std::uint32_t>(std::atoi(argv[1])) : 65536;
  const double limit = argc > 2 ? std::atof(argv[2]) : 2.0;
  const std::uint32_t routes = argc > 3 ? static_cast<std::uint32_t>(std::atoi(argv[3])) : 256;
  if (flows < 1 || flows > 65536 || limit <= 0 || limit > 60 || routes > 2000000) {
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
  const std::vector<Ip4> destinations = add_table(vrf, routes, flows);
  std::vector<Bytes> templates;
  for (std::uint32_t flow = 0; flow < flows; ++flow)
    templates.push_back(make_udp(flow, destinations[flow]));
  ReplayPort source(make_config(0, kPodMac, kPod, vrf), umem, pool, std::move(templates));
  NullPort sink(make_config(1, kSinkMac, kSink, vrf), pool);
  for (Port* port : std::initializer_list<Port*>{&source, &sink}) {
    adjacencies.publish(kFirstAdjacency + port->config.index, adjacency_of(port->config));
    graph->attach(*port);
  }

  std::array<Packet, kMaxBurst> packets;
  std::uint64_t sent = 0;
  const auto begin = std::chrono::steady_clock::now();
  double seconds = 0;
  while (seconds < limit) {
    for (int i = 0; i < 4096; ++i) {
      const std::uint32_t n = source.receive(packets.data(), kMaxBurst);
      graph->process(packets.data(), n, source);
      sent += n;
    }
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  const bool complete = counters[1].get(kTxPackets) == sent && pool.available() == pool.total();
  std::printf(
      "{\"flows\":%u,\"routes\":%zu,\"packets\":%llu,\"seconds\":%.3f,\"mpps\":%.3f,\"ns_per_"
      "packet\":%.1f,"
      "\"complete\":%s}\n",
      flows, vrf.fib4.size(), static_cast<unsigned long long>(sent), seconds,
      static_cast<double>(sent) / seconds / 1e6, seconds * 1e9 / static_cast<double>(sent),
      complete ? "true" : "false");
  return complete ? 0 : 1;
}
