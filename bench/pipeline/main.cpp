// In-memory pipeline speed: the IPv4 graph of one core on 64-byte UDP packets, without any kernel.
// A replay port copies prepared frames into the UMEM (as a NIC's DMA would), the graph routes them
// to a null port. Prints one JSON object.
//   millrace_pipeline [flows=65536] [seconds=2]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "engine/replay_port.hpp"
#include "graph/graph.hpp"

namespace {

using namespace millrace;

constexpr Ip4 kPod = 0x0a010002, kGateway = 0x0a010001, kSink = 0x0a010003,
              kBehindSink = 0x0a020000;
const Mac kGatewayMac{{2, 0, 0, 0, 0, 1}};
const Mac kPodMac{{2, 0, 0, 0, 0, 2}};
const Mac kSinkMac{{2, 0, 0, 0, 0, 3}};

// 60 bytes without the frame check sequence: a 64-byte frame on the wire.
Bytes make_udp(std::uint32_t flow) {
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
  store_be32(ip + ip4::kDestination, kBehindSink + (flow & 0xffff));
  const auto checksum =
      static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, ip, ip4::kMinHeader)));
  std::memcpy(ip + ip4::kChecksum, &checksum, 2);
  store_be16(ip + 20, static_cast<std::uint16_t>(1024 + flow));
  store_be16(ip + 22, 2000);
  store_be16(ip + 24, 26);
  return frame;
}

PortConfig make_config(std::uint16_t index, const Mac& peer, Ip4 address, Vrf& vrf,
                       CounterBlock& counters) {
  PortConfig config;
  config.index = index;
  config.mac = kGatewayMac;
  config.peer_mac = peer;
  config.peer_ip4 = address;
  config.has_ip4 = true;
  config.vrf = &vrf;
  config.counters = &counters;
  return config;
}

void add_routes(Vrf& vrf) {
  vrf.gateway4 = kGateway;
  vrf.has_gateway4 = true;
  std::uint8_t prefix[4];
  store_be32(prefix, kGateway);
  vrf.fib4.insert(prefix, 32, kNextHopLocal);
  store_be32(prefix, kSink);
  vrf.fib4.insert(prefix, 32, kFirstAdjacency + 1);
  for (std::uint32_t i = 0; i < 256; ++i) {  // 256 routes of /24: the lookup goes below the root
    store_be32(prefix, kBehindSink + (i << 8));
    vrf.fib4.insert(prefix, 24, kFirstAdjacency + 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint32_t flows = argc > 1 ? static_cast<std::uint32_t>(std::atoi(argv[1])) : 65536;
  const double limit = argc > 2 ? std::atof(argv[2]) : 2.0;
  if (flows < 1 || flows > 65536 || limit <= 0 || limit > 60) {
    std::fprintf(stderr, "usage: millrace_pipeline [flows: 1 to 65536] [seconds: up to 60]\n");
    return 2;
  }
  Umem umem(4096, 2048, Hugepages::kAuto);
  FramePool pool(umem.frames());
  const auto graph = std::make_unique<Graph>(pool, 1000);
  Vrf vrf;
  add_routes(vrf);
  std::vector<CounterBlock> counters(2);
  std::vector<Bytes> templates;
  for (std::uint32_t flow = 0; flow < flows; ++flow) templates.push_back(make_udp(flow));
  ReplayPort source(make_config(0, kPodMac, kPod, vrf, counters[0]), umem, pool,
                    std::move(templates));
  NullPort sink(make_config(1, kSinkMac, kSink, vrf, counters[1]), pool);
  graph->attach(source);
  graph->attach(sink);

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
      "{\"flows\":%u,\"packets\":%llu,\"seconds\":%.3f,\"mpps\":%.3f,\"ns_per_packet\":%.1f,"
      "\"complete\":%s}\n",
      flows, static_cast<unsigned long long>(sent), seconds,
      static_cast<double>(sent) / seconds / 1e6, seconds * 1e9 / static_cast<double>(sent),
      complete ? "true" : "false");
  return complete ? 0 : 1;
}
