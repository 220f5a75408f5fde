#pragma once
// The plan as our configuration: the real graph between memory ports.
#include <memory>

#include "engine/memory_port.hpp"
#include "graph/graph.hpp"
#include "graph/kernel_differential_plan.hpp"

namespace millrace::differential {

class GraphRouter {
 public:
  explicit GraphRouter(const Plan& plan) {
    vrf_.id = 1;
    vrf_.gateway4 = load_be32(parse_address(kGateway4).data());
    vrf_.gateway6 = load_ip6(parse_address(kGateway6).data());
    vrf_.has_gateway4 = vrf_.has_gateway6 = true;
    routing_.add_vrf(vrf_);
    for (std::uint16_t i = 0; i < kPorts; ++i) add_port(i);
    for (std::size_t i = kUplink; i < stations().size(); ++i)
      for (const std::string& address : {stations()[i].ip4, stations()[i].ip6})
        routing_.set_neighbour(kUplink, parse_address(address), stations()[i].mac);
    std::vector<RouteChange> changes;
    for (const Route& route : plan.routes()) changes.push_back(change_of(route));
    routing_.apply(vrf_.id, changes);
  }

  Outputs process(std::uint16_t port, const Bytes& frame) {
    ports_[port]->inject(frame);
    std::array<Packet, kMaxBurst> packets;
    const std::uint32_t count = ports_[port]->receive(packets.data(), kMaxBurst);
    graph_.process(packets.data(), count, ports_[port]->config);
    Outputs outputs;
    for (std::uint16_t i = 0; i < kPorts; ++i)
      for (auto& sent : ports_[i]->take_sent()) outputs.push_back({i, std::move(sent.bytes)});
    return outputs;
  }
  bool pool_is_whole() const { return pool_.available() == pool_.total(); }

 private:
  void add_port(std::uint16_t index) {
    const Station& station = stations()[index];
    PortConfig config;
    config.index = index;
    config.mtu = kMtus[index];
    config.mac = port_mac(index);
    config.uplink = index == kUplink;
    config.vrf = &vrf_;
    // Packet sockets send whole checksums.
    config.partial_checksums = false;
    if (!config.uplink) {
      config.peer_mac = station.mac;
      config.peer_ip4 = load_be32(parse_address(station.ip4).data());
      config.peer_ip6 = load_ip6(parse_address(station.ip6).data());
      config.has_ip4 = config.has_ip6 = true;
    }
    ports_[index] = std::make_unique<MemoryPort>(config, umem_, pool_);
    routing_.add_port(ports_[index]->config);
    graph_.attach(*ports_[index]);
  }
  static NextHop hop_of(const Station& station, bool ip6) {
    NextHop hop{.port = station.port};
    hop.has_address = station.port == kUplink;
    if (hop.has_address) hop.address = parse_address(ip6 ? station.ip6 : station.ip4);
    return hop;
  }
  static RouteChange change_of(const Route& route) {
    RouteChange change{.prefix = route.prefix, .type = route.type};
    for (const std::size_t hop : route.hops)
      change.next_hops.push_back(hop_of(stations()[hop], route.prefix.ip6()));
    return change;
  }

  Umem umem_{64, 4096, Hugepages::kOff};
  FramePool pool_{umem_};
  AdjacencyTable adjacencies_{kFirstAdjacency + kMaxPorts};
  std::array<CounterBlock, kPorts> counters_{};
  Graph graph_{pool_, {adjacencies_, counters_.data()}, 1'000'000'000};
  Vrf vrf_;
  Routing routing_{{.adjacencies = adjacencies_}};
  std::array<std::unique_ptr<MemoryPort>, kPorts> ports_;
};

}  // namespace millrace::differential
