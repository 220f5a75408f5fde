// The IPv4 graph over a burst: from a pod by one of 256 routes to another one.

#include "native/network.hpp"

namespace millrace::bench {

namespace {

constexpr Ip4 kPod = 0x0a010002, kSinkPod = 0x0a010003, kBehindSink = 0x0a020000;
enum : std::uint16_t { kPodPort, kSinkPort, kPorts };
const Mac kGatewayMac{{2, 0, 0, 0, 0, 1}}, kPodMac{{2, 0, 0, 0, 0, 2}},
    kSinkMac{{2, 0, 0, 0, 0, 3}};

struct Routed {
  Routed() {
    add_routes(vrf, kBehindSink, kFirstAdjacency + kSinkPort);
    network.attach(source);
    network.attach(sink);
    require(network.forwards(source, kSinkPort), "packets are not forwarded");
  }
  PortConfig config(std::uint16_t index, const Mac& peer, Ip4 address) {
    return pod_port(index, kGatewayMac, peer, address, vrf);
  }
  static std::vector<Bytes> frames() {
    std::vector<Bytes> frames;
    for (std::uint32_t flow = 0; flow < kFlows; ++flow)
      frames.push_back(make_udp({kGatewayMac, kPodMac, kPod, kBehindSink + flow * 16, flow}));
    return frames;
  }
  void run() { network.pass(source); }

  Vrf vrf;
  Network network{kPorts, nullptr};
  ReplayPort source{config(kPodPort, kPodMac, kPod), network.umem, network.pool, frames()};
  NullPort sink{config(kSinkPort, kSinkMac, kSinkPod), network.pool};
};

}  // namespace

std::vector<Case> graph_cases() {
  return {{"native-graph-ipv4", kMaxBurst, prepare<Routed>()}};
}

}  // namespace millrace::bench
