// A pod's network with a VNI, and the underlay with the way to the one peer.
#pragma once
#include "pipeline/pipeline.hpp"
#include "tables/vxlan.hpp"

namespace millrace::bench {

struct Overlay {
  static constexpr Ip4 kPod = 0x0a010002, kGateway = 0x0a010001, kBehindPeer = 0x0a020000;
  static constexpr Ip4 kVtep = 0x0a630001, kPeer = 0x0a630002;
  static constexpr std::uint32_t kVni = 4711;
  enum : std::uint16_t { kPodPort, kUplinkPort, kVtepPort, kVniPort, kPorts };
  static constexpr Mac kGatewayMac{{2, 0, 0, 0, 0, 1}}, kPodMac{{2, 0, 0, 0, 0, 2}},
      kUplinkMac{{2, 0, 0, 0, 1, 1}}, kRouterMac{{2, 0, 0, 0, 1, 2}}, kVniMac{{2, 0, 0, 0, 2, 1}},
      kPeerMac{{2, 0, 0, 0, 2, 2}};

  Vrf tenant, underlay;
  Vxlan vxlan;
  Vtep vtep;
  Fdb fdb{64, 1};
  VxlanPort tunnel;
  const std::uint16_t peer = vxlan.allocate_peer();

  Overlay() {
    vtep.underlay = &underlay;
    vtep.port = kVtepPort;
    vtep.has4 = true;
    vtep.address4 = kVtep;
    vxlan.add(&vtep);
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

  // What comes out of the tunnel gets to the pod. Needs an adjacency for kNextHopLocal.
  void accept() {
    vtep.vnis.set(kVni, kVniPort);
    vtep.vnis.publish();
    vtep.sources.set(IpAddress::of(kPeer), peer);
    vtep.sources.publish();
    add_route(underlay, kVtep, 32, kNextHopLocal);
    add_route(tenant, kPod, 32, kFirstAdjacency + kPodPort);
  }

  PortConfig pod() {
    PortConfig config = make_config(kPodPort, kGatewayMac, kPodMac, tenant);
    config.peer_ip4 = kPod;
    config.has_ip4 = true;
    return config;
  }
  PortConfig uplink() { return make_config(kUplinkPort, kUplinkMac, kRouterMac, underlay); }
  PortConfig underlay_side() {
    PortConfig config = make_config(kVtepPort, {}, {}, underlay);
    config.has_device = false;
    config.partial_checksums = false;
    return config;
  }
  PortConfig vni() {
    PortConfig config = make_config(kVniPort, kVniMac, kPeerMac, tenant);
    config.has_device = false;
    config.mtu = 1450;
    config.vxlan = &tunnel;
    return config;
  }
  // A frame for each flow, from the pod to somebody behind the peer.
  static std::vector<Bytes> frames(std::uint32_t flows) {
    std::vector<Bytes> frames;
    for (std::uint32_t flow = 0; flow < flows; ++flow)
      frames.push_back(make_udp({kGatewayMac, kPodMac, kPod, kBehindPeer + flow, flow}));
    return frames;
  }

 private:
  static PortConfig make_config(std::uint16_t index, const Mac& mac, const Mac& peer, Vrf& vrf) {
    PortConfig config;
    config.index = index;
    config.mac = mac;
    config.peer_mac = peer;
    config.vrf = &vrf;
    return config;
  }
};

}  // namespace millrace::bench
