// In-memory speed of encapsulation: one core's graph routes 64-byte UDP packets of a pod into a
// VXLAN tunnel over IPv4, without any kernel. A replay port copies prepared frames into the UMEM
// (as a NIC's DMA would), the tunnelled ones go to a null port. Prints one JSON object.
//   millrace_vxlan_pipeline [flows=65536] [seconds=2]
#include "pipeline/pipeline.hpp"

#include <memory>
#include <vector>

#include "tables/vxlan.hpp"

namespace {

using namespace millrace;
using namespace millrace::bench;

constexpr Ip4 kPod = 0x0a010002, kGateway = 0x0a010001, kBehindPeer = 0x0a020000;
constexpr Ip4 kVtep = 0x0a630001, kPeer = 0x0a630002;
constexpr std::uint32_t kVni = 4711;
enum : std::uint16_t { kPodPort, kUplinkPort, kVtepPort, kVniPort, kPorts };
const Mac kGatewayMac{{2, 0, 0, 0, 0, 1}}, kPodMac{{2, 0, 0, 0, 0, 2}};
const Mac kUplinkMac{{2, 0, 0, 0, 1, 1}}, kRouterMac{{2, 0, 0, 0, 1, 2}};
const Mac kVniMac{{2, 0, 0, 0, 2, 1}}, kPeerMac{{2, 0, 0, 0, 2, 2}};

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
    add_routes(tenant, kBehindPeer, kFirstAdjacency + kVniPort);
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
  const Limits limits = limits_of(argc, argv);
  if (!limits.valid()) return usage();
  Umem umem(4096, 2048, Hugepages::kAuto);
  FramePool pool(umem);
  AdjacencyTable adjacencies(kFirstAdjacency + kMaxPorts);
  std::vector<CounterBlock> counters(kPorts);
  Overlay overlay;
  const Graph::Shared shared{
      .adjacencies = adjacencies, .ports = counters.data(), .vxlan = &overlay.vxlan};
  const auto graph = std::make_unique<Graph>(pool, shared, 1000);
  std::vector<Bytes> templates;
  for (std::uint32_t flow = 0; flow < limits.flows; ++flow)
    templates.push_back(make_udp({kGatewayMac, kPodMac, kPod, kBehindPeer + flow, flow}));
  ReplayPort source(overlay.pod(), umem, pool, std::move(templates));
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
  const bool complete = counters[kUplinkPort].get(kTxPackets) == measured.packets &&
                        counters[kUplinkPort].get(kTxBytes) == measured.packets * length &&
                        pool.available() == pool.total();
  return report(measured, limits.flows, overlay.tenant.fib4.size(), complete);
}
