// A burst from a pod into a VXLAN tunnel over IPv4, and one that comes out of it.
#include <algorithm>

#include "native/network.hpp"
#include "vxlan/overlay.hpp"

namespace millrace::bench {

namespace {

struct Tunnelled {
  Tunnelled() {
    overlay.accept();
    Adjacency local;
    local.kind = AdjacencyKind::kLocal;
    network.adjacencies.publish(kNextHopLocal, local);
    network.attach(vtep, nullptr);
    network.attach(vni, nullptr);
  }
  Overlay overlay;
  Network network{Overlay::kPorts, &overlay.vxlan};
  const PortConfig vtep = overlay.underlay_side(), vni = overlay.vni();
};

struct Encap : Tunnelled {
  Encap() {
    network.attach(pod);
    network.attach(uplink);
    require(network.forwards(pod, Overlay::kUplinkPort), "packets are not encapsulated");
  }
  void run() { network.pass(pod); }

  ReplayPort pod{overlay.pod(), network.umem, network.pool, Overlay::frames(kFlows)};
  NullPort uplink{overlay.uplink(), network.pool};
};

// A packet the other way: source and destination of every header change places, which no checksum
// minds.
void turn_round(Bytes& frame) {
  const auto swap_at = [&](std::size_t at, std::size_t length) {
    const auto first = frame.begin() + static_cast<std::ptrdiff_t>(at);
    const auto second = first + static_cast<std::ptrdiff_t>(length);
    std::swap_ranges(first, second, second);
  };
  for (const std::size_t ethernet : {std::size_t{0}, std::size_t{vxlan_headers(false)}}) {
    swap_at(ethernet, 6);
    swap_at(ethernet + kEthernetLength + ip4::kSource, 4);
  }
}

// The answers to what the pod sends.
std::vector<Bytes> tunnelled_answers() {
  Tunnelled there;
  ReplayPort pod(there.overlay.pod(), there.network.umem, there.network.pool,
                 Overlay::frames(kFlows));
  MemoryPort uplink(there.overlay.uplink(), there.network.umem, there.network.pool);
  there.network.attach(pod);
  there.network.attach(uplink);
  std::vector<Bytes> frames;
  while (frames.size() < kFlows) {
    there.network.pass(pod);
    for (MemoryPort::Sent& sent : uplink.take_sent()) {
      turn_round(sent.bytes);
      frames.push_back(std::move(sent.bytes));
    }
  }
  return frames;
}

struct Decap : Tunnelled {
  Decap() {
    network.attach(pod);
    network.attach(uplink);
    require(network.forwards(uplink, Overlay::kPodPort), "packets do not come out of the tunnel");
  }
  void run() { network.pass(uplink); }
  // Only there are VTEPs listened for.
  PortConfig as_uplink() {
    PortConfig config = overlay.uplink();
    config.uplink = true;
    return config;
  }

  NullPort pod{overlay.pod(), network.pool};
  ReplayPort uplink{as_uplink(), network.umem, network.pool, tunnelled_answers()};
};

}  // namespace

std::vector<Case> vxlan_cases() {
  return {{"native-vxlan-encap", kMaxBurst, prepare<Encap>()},
          {"native-vxlan-decap", kMaxBurst, prepare<Decap>()}};
}

}  // namespace millrace::bench
