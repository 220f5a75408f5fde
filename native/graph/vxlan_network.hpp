#pragma once
// An overlay on top of TestNetwork: red is the underlay, whose one port is the uplink; blue takes
// part routed with VNI 100, green bridged with VNI 200.
#include "graph/test_network.hpp"
#include "graph/vxlan_outer.hpp"

namespace millrace {

constexpr std::uint16_t kVtepPort = 8, kBluePort = 9, kGreenPort = 10;
constexpr std::uint32_t kBlueVni = 100, kGreenVni = 200;
constexpr Ip4 kVtep4 = ip4_address(192, 0, 2, 1), kPeer4 = ip4_address(192, 0, 2, 2),
              kOtherPeer4 = ip4_address(192, 0, 2, 3);
constexpr Ip6 kVtep6 = ip6_address({0xfd02, 0, 0, 0, 0, 0, 0, 1}),
              kPeer6 = ip6_address({0xfd02, 0, 0, 0, 0, 0, 0, 2});
constexpr Mac kBlueMac{{2, 0, 0, 0, 2, 1}}, kPeerMac{{2, 0, 0, 0, 2, 2}},
    kPeer6Mac{{2, 0, 0, 0, 2, 6}}, kRemoteStation{{2, 0, 0, 0, 3, 1}};
// 10.99.0.0/16 is behind kPeer4, 10.98.0.0/16 behind kPeer6.
constexpr Ip4 kRemote4 = ip4_address(10, 99, 0, 5), kRemoteBehind6 = ip4_address(10, 98, 0, 5);
constexpr std::uint32_t kUnderlayMtu = 1500;

// A datagram of the underlay around a frame, written field by field.
struct OuterFields {
  Ip4 source = kVtep4;
  Ip4 destination = kPeer4;
  std::uint32_t vni = kBlueVni;
  std::uint8_t tos = 0;
  std::uint8_t flags = 8;
  std::uint16_t udp_port = 4789;
  std::uint16_t udp_checksum = 0;
  int length_error = 0;  // of the UDP length
};
inline Bytes vxlan(const OuterFields& fields, std::uint16_t source_port, const Bytes& inner) {
  Bytes payload(16);
  store_be16(&payload[0], source_port);
  store_be16(&payload[2], fields.udp_port);
  store_be16(&payload[4], static_cast<std::uint16_t>(16 + inner.size() + fields.length_error));
  store_be16(&payload[6], fields.udp_checksum);
  payload[8] = fields.flags;
  store_be32(&payload[12], fields.vni << 8);
  payload.insert(payload.end(), inner.begin(), inner.end());
  return payload;
}
inline Bytes outer4(const OuterFields& fields, std::uint16_t source_port, const Bytes& inner) {
  Bytes packet = ip4_packet({.source = fields.source, .destination = fields.destination},
                            vxlan(fields, source_port, inner));
  packet[1] = fields.tos;
  store_be16(&packet[4], 0);
  store_be16(&packet[6], ip4::kDontFragment);
  packet[8] = 64;
  packet[9] = kProtoUdp;
  seal_ip4(packet);
  return packet;
}
// As it comes from a VTEP.
inline Bytes from_peer(OuterFields fields, const Bytes& inner) {
  fields.source = fields.source == kVtep4 ? kPeer4 : fields.source;
  fields.destination = kVtep4;
  return ethernet(kRedC.gateway_mac, kRedC.mac, kEtherTypeIp4, outer4(fields, 50000, inner));
}
// As it leaves, whatever its source port is.
inline Bytes to_peer(const OuterFields& fields, const Bytes& sent, const Bytes& inner) {
  return ethernet(kRedC.mac, kRedC.gateway_mac, kEtherTypeIp4,
                  outer4(fields, load_be16(&sent[kEthernetLength + 20]), inner));
}
class VxlanNetwork {
 public:
  explicit VxlanNetwork(TestNetwork& network) : net(network) {
    net.reconfigure(kRedC, [](PortConfig& config) {
      config.uplink = true;
      config.has_ip4 = config.has_ip6 = false;
    });
    make_vtep();
    make_peers();
    make_vni(kBluePort, blue, kBlueVni, [&](PortConfig& config) {
      config.vrf = &net.blue;
      config.mac = kBlueMac;
    });
    make_vni(kGreenPort, green, kGreenVni, [&](PortConfig& config) { config.bridge = &net.green; });
    net.green.add_port({configs_[kGreenPort - kVtepPort]});
    net.green.vxlan = &configs_[kGreenPort - kVtepPort];
    make_routes();
  }

  TestNetwork& net;
  Vtep vtep;
  VxlanPort blue, green;
  Fdb blue_fdb{64, 1};
  FloodList flood;
  std::uint16_t peer = 0, other_peer = 0, peer6 = 0;
  std::uint32_t way = 0;  // adjacency of the underlay's router

 private:
  void attach(std::uint16_t index, const std::function<void(PortConfig&)>& change) {
    PortConfig& config = configs_[index - kVtepPort];
    config.index = index;
    config.has_device = false;
    config.uplink = true;
    config.spoof_check = false;
    change(config);
    net.adjacencies.publish(kFirstAdjacency + index, adjacency_of(config));
    net.graph.attach(config, nullptr);
  }
  void make_vtep() {
    vtep.underlay = &net.red;
    vtep.port = kVtepPort;
    vtep.has4 = vtep.has6 = true;
    vtep.address4 = kVtep4;
    vtep.address6 = kVtep6;
    attach(kVtepPort, [&](PortConfig& config) {
      config.vrf = &net.red;
      config.partial_checksums = false;
    });
    net.vxlan.add(&vtep);
  }
  void make_vni(std::uint16_t port, VxlanPort& vxlan, std::uint32_t vni,
                const std::function<void(PortConfig&)>& change) {
    vxlan.vni = vni;
    vxlan.vtep = &vtep;
    vxlan.fdb = port == kBluePort ? &blue_fdb : &net.green.fdb;
    attach(port, [&](PortConfig& config) {
      config.vxlan = &vxlan;
      config.mtu = kUnderlayMtu - 50;
      change(config);
    });
    vtep.vnis.set(vni, port);
    vtep.vnis.publish();
  }
  std::uint16_t make_peer(const IpAddress& address) {
    const std::uint16_t number = net.vxlan.allocate_peer();
    net.vxlan.publish_peer(number, {address, 0});
    vtep.sources.set(address, number);
    return number;
  }
  void make_peers() {
    peer = make_peer(IpAddress::of(kPeer4));
    other_peer = make_peer(IpAddress::of(kOtherPeer4));
    peer6 = make_peer(IpAddress::of(kPeer6));
    vtep.sources.publish();
    blue_fdb.add_static(0, kPeerMac, peer, false);
    blue_fdb.add_static(0, kPeer6Mac, peer6, false);
    net.green.fdb.add_static(0, kRemoteStation, peer, false);
    flood = {peer, other_peer};
    green.flood = &flood;
  }
  std::uint32_t make_adjacency(const Mac& to, const Mac& from, std::uint16_t port,
                               std::uint32_t mtu) {
    Adjacency adjacency;
    adjacency.kind = AdjacencyKind::kRewrite;
    adjacency.destination = to;
    adjacency.source = from;
    adjacency.port = port;
    adjacency.mtu = mtu;
    adjacency.tunnel = port == kBluePort;
    const std::uint32_t number = net.adjacencies.allocate();
    net.adjacencies.publish(number, adjacency);
    return number;
  }
  static void add4(Vrf& vrf, Ip4 prefix, std::uint32_t length, std::uint32_t value) {
    std::uint8_t bytes[4];
    store_be32(bytes, prefix);
    vrf.fib4.insert(bytes, length, value);
  }
  void make_routes() {
    way = make_adjacency(kRedC.mac, kRedC.gateway_mac, kRedC.port, kUnderlayMtu);
    add4(net.red, ip4_address(192, 0, 2, 0), 24, way);
    add4(net.red, kVtep4, 32, kNextHopLocal);
    net.red.fib6.insert(ip6_address({0xfd02, 0, 0, 0, 0, 0, 0, 0}).bytes.data(), 64, way);
    net.red.fib6.insert(kVtep6.bytes.data(), 128, kNextHopLocal);
    const std::uint32_t mtu = kUnderlayMtu - 50;
    add4(net.blue, ip4_address(10, 99, 0, 0), 16,
         make_adjacency(kPeerMac, kBlueMac, kBluePort, mtu));
    add4(net.blue, ip4_address(10, 98, 0, 0), 16,
         make_adjacency(kPeer6Mac, kBlueMac, kBluePort, mtu));
  }

  std::array<PortConfig, 3> configs_{};
};

}  // namespace millrace
