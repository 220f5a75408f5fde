// In-memory speed of encapsulation: one core's graph routes 64-byte UDP packets of a pod into a
// VXLAN tunnel over IPv4, without any kernel. A replay port copies prepared frames into the UMEM
// (as a NIC's DMA would), the tunnelled ones go to a null port. Prints one JSON object.
//   millrace_vxlan_pipeline [flows=65536] [seconds=2]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "engine/replay_port.hpp"
#include "graph/graph.hpp"
#include "tables/vrf.hpp"
#include "tables/vxlan.hpp"

namespace {

using namespace millrace;

constexpr Ip4 kPod = 0x0a010002, kGateway = 0x0a010001, kBehindPeer = 0x0a020000;
constexpr Ip4 kVtep = 0x0a630001, kPeer = 0x0a630002;
constexpr std::uint32_t kVni = 4711;
constexpr std::uint32_t kRoutes = 256;  // of /24: the lookup goes below the root
enum : std::uint16_t { kPodPort, kUplinkPort, kVtepPort, kVniPort, kPorts };
const Mac kGatewayMac{{2, 0, 0, 0, 0, 1}}, kPodMac{{2, 0, 0, 0, 0, 2}};
const Mac kUplinkMac{{2, 0, 0, 0, 1, 1}}, kRouterMac{{2, 0, 0, 0, 1, 2}};
const Mac kVniMac{{2, 0, 0, 0, 2, 1}}, kPeerMac{{2, 0, 0, 0, 2, 2}};

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
  store_be32(ip + ip4::kDestination, kBehindPeer + (flow & 0xffff));
  const auto checksum =
      static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, ip, ip4::kMinHeader)));
  std::memcpy(ip + ip4::kChecksum, &checksum, 2);
  store_be16(ip + 20, static_cast<std::uint16_t>(1024 + flow));
  store_be16(ip + 22, 2000);
  store_be16(ip + 24, 26);
  return frame;
}

void add_route(Vrf& vrf, Ip4 prefix, std::uint32_t length, std::uint32_t value) {
  std::uint8_t bytes[4];
  store_be32(bytes, prefix);
  vrf.fib4.insert(bytes, length, value);
}

PortConfig make_config(std::uint16_t index, const Mac& mac, const Mac& peer, Vrf& vrf) {
  PortConfig config;
  config.index = index;
  config.mac = mac;
  config.peer_mac = peer;
  config.vrf = &vrf;
  return config;
}

// The pod's network with a VNI, and the underlay with the way to the one peer.
struct Overlay {
  Vrf tenant, underlay;
  Vxlan vxlan;
  Vtep vtep;
  Fdb fdb{64, 1};
  VxlanPort tunnel;

  Overlay() {
    vtep.underlay = &underlay;
    vtep.port = kVtepPort;
    vtep.has4 = true;
    vtep.address4 = kVtep;
    vxlan.add(&vtep);
    const std::uint16_t peer = vxlan.allocate_peer();
    vxlan.publish_peer(peer, {IpAddress::of(kPeer), 0});
    fdb.add_static(0, kPeerMac, peer, false);
    tunnel.vni = kVni;
    tunnel.vtep = &vtep;
    tunnel.fdb = &fdb;
    tenant.gateway4 = kGateway;
    tenant.has_gateway4 = true;
    for (std::uint32_t i = 0; i < kRoutes; ++i)
      add_route(tenant, kBehindPeer + (i << 8), 24, kFirstAdjacency + kVniPort);
    add_route(underlay, kPeer, 32, kFirstAdjacency + kUplinkPort);
  }

  PortConfig pod() {
    PortConfig config = make_config(kPodPort, kGatewayMac, kPodMac, tenant);
    config.peer_ip4 = kPod;
    config.has_ip4 = true;
    return config;
  }
  PortConfig uplink() { return make_config(kUplinkPort, kUplinkMac, kRouterMac, underlay); }
  PortConfig vni() {
    PortConfig config = make_config(kVniPort, kVniMac, kPeerMac, tenant);
    config.has_device = false;
    config.mtu = 1450;
    config.vxlan = &tunnel;
    return config;
  }
};

int usage() {
  std::fprintf(stderr, "usage: millrace_vxlan_pipeline [flows: 1 to 65536] [seconds: up to 60]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint32_t flows = argc > 1 ? static_cast<std::uint32_t>(std::atoi(argv[1])) : 65536;
  const double limit = argc > 2 ? std::atof(argv[2]) : 2.0;
  if (flows < 1 || flows > 65536 || limit <= 0 || limit > 60) return usage();
  Umem umem(4096, 2048, Hugepages::kAuto);
  FramePool pool(umem);
  AdjacencyTable adjacencies(kFirstAdjacency + kMaxPorts);
  std::vector<CounterBlock> counters(kPorts);
  Overlay overlay;
  const Graph::Shared shared{
      .adjacencies = adjacencies, .ports = counters.data(), .vxlan = &overlay.vxlan};
  const auto graph = std::make_unique<Graph>(pool, shared, 1000);
  std::vector<Bytes> templates;
  for (std::uint32_t flow = 0; flow < flows; ++flow) templates.push_back(make_udp(flow));
  ReplayPort source(overlay.pod(), umem, pool, std::move(templates));
  NullPort sink(overlay.uplink(), pool);
  const PortConfig vni = overlay.vni();
  for (const PortConfig* config : {&source.config, &sink.config, &vni})
    adjacencies.publish(kFirstAdjacency + config->index, adjacency_of(*config));
  graph->attach(source);
  graph->attach(sink);
  graph->attach(vni, nullptr);

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
  // Every packet, each with the headers of the tunnel around it.
  const bool complete = counters[kUplinkPort].get(kTxPackets) == sent &&
                        counters[kUplinkPort].get(kTxBytes) == sent * (60 + vxlan_headers(false)) &&
                        pool.available() == pool.total();
  std::printf(
      "{\"flows\":%u,\"routes\":%zu,\"packets\":%llu,\"seconds\":%.3f,\"mpps\":%.3f,"
      "\"ns_per_packet\":%.1f,\"complete\":%s}\n",
      flows, overlay.tenant.fib4.size(), static_cast<unsigned long long>(sent), seconds,
      static_cast<double>(sent) / seconds / 1e6, seconds * 1e9 / static_cast<double>(sent),
      complete ? "true" : "false");
  return complete ? 0 : 1;
}
