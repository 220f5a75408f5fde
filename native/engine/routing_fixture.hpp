#pragma once
// Routing in front of a real graph on memory ports: one pod and two uplinks in network 1 (blue), a
// pod and an uplink in network 2 (red). No kernel, a clock that the test moves.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/memory_port.hpp"
#include "engine/routing.hpp"
#include "graph/graph.hpp"
#include "graph/test_packets.hpp"

namespace millrace {

inline void PrintTo(const Prefix& prefix, std::ostream* out) {
  *out << to_text(prefix);
}
inline void PrintTo(const IpAddress& address, std::ostream* out) {
  *out << to_text(address);
}

constexpr std::uint32_t kBlue = 1, kRed = 2;
constexpr std::uint16_t kPod = 0, kRedPod = 1, kUplink = 2, kUplink2 = 3, kRedUplink = 4;
constexpr std::uint16_t kPortCount = 5;

inline Mac port_mac(std::uint16_t port) {
  return {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(port)}};
}
inline Mac pod_mac(std::uint16_t port) {
  return {{2, 0, 0, 0, 1, static_cast<std::uint8_t>(port)}};
}
inline Mac router_mac(std::uint8_t number) {
  return {{2, 0, 0, 0, 2, number}};
}

inline NextHop via(std::uint16_t port, const std::string& address = "", std::uint32_t weight = 1) {
  NextHop hop{.port = port, .has_address = !address.empty(), .weight = weight};
  if (hop.has_address) hop.address = parse_address(address);
  return hop;
}
inline RouteChange unicast(const std::string& prefix, std::vector<NextHop> hops) {
  return {.prefix = parse_prefix(prefix), .next_hops = std::move(hops)};
}
inline RouteChange special(const std::string& prefix, RouteType type) {
  return {.prefix = parse_prefix(prefix), .type = type};
}
inline RouteChange deletion(const std::string& prefix, RouteSource source = RouteSource::kStatic) {
  return {.op = ChangeOp::kDelete, .prefix = parse_prefix(prefix), .source = source};
}
inline RouteChange leak(const std::string& prefix, std::uint32_t to) {
  return {.prefix = parse_prefix(prefix), .type = RouteType::kLeak, .leak_to = to};
}

class RoutingTest : public ::testing::Test {
 protected:
  static constexpr Ip4 kPodAddress = ip4_address(10, 1, 0, 2);
  static constexpr Ip4 kGateway = ip4_address(10, 1, 0, 1);
  static constexpr std::uint32_t kCounters = 64;

  RoutingTest() {
    now_ns = 1'000'000'000;
    graph.clock = [] { return now_ns; };
    set_up(blue, kBlue, kGateway);
    set_up(red, kRed, ip4_address(10, 2, 0, 1));
    for (std::uint16_t i = 0; i < kPortCount; ++i) add_port(i);
    apply({unicast_pod("10.1.0.2/32", kPod)});
    apply({unicast_pod("10.2.0.2/32", kRedPod)}, kRed);
  }

  void TearDown() override {
    EXPECT_EQ(pool.available() + graph.pending.size(), pool.total());
    std::uint64_t in = 0, out = 0;
    for (const CounterBlock& block : counters) {
      in += block.get(kRxPackets) + block.get(kIcmpErrors);
      out += block.get(kTxPackets);
      for (std::uint32_t slot = kFirstDrop; slot < kCounterSlots; ++slot) out += block.get(slot);
    }
    EXPECT_EQ(in, out + graph.pending.size()) << "a frame was lost";
    for (const WaitingPacket& waiting : graph.pending) graph.release(waiting);
  }

  void apply(const std::vector<RouteChange>& changes, std::uint32_t vrf = kBlue) {
    routing.apply(vrf, changes);
  }
  // What apply() throws, "" for nothing.
  std::string refusal(const std::vector<RouteChange>& changes, std::uint32_t vrf = kBlue) {
    try {
      routing.apply(vrf, changes);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }
  static RouteChange unicast_pod(const std::string& prefix, std::uint16_t port) {
    RouteChange change = unicast(prefix, {via(port)});
    change.source = RouteSource::kPod;
    return change;
  }
  void neighbour(std::uint16_t port, const std::string& address, std::uint8_t mac) {
    routing.set_neighbour(port, parse_address(address), router_mac(mac));
  }
  void no_neighbour(std::uint16_t port, const std::string& address) {
    routing.remove_neighbour(port, parse_address(address));
  }
  void kernel(const std::string& prefix, std::vector<NextHop> hops, std::uint32_t vrf = kBlue) {
    routing.set_kernel_route(vrf, parse_prefix(prefix), RouteType::kUnicast, hops);
  }
  std::vector<std::string> listed(const RouteQuery& query = {}, std::uint32_t vrf = kBlue) {
    std::vector<std::string> prefixes;
    for (const RouteInfo& info : routing.list(vrf, query).routes)
      if (info.source != RouteSource::kLocal && info.source != RouteSource::kPod)
        prefixes.push_back(to_text(info.prefix));
    return prefixes;
  }
  RouteInfo route_to(const std::string& address, std::uint32_t vrf = kBlue) {
    const RouteList list = routing.list(vrf, {.match = parse_address(address)});
    return list.routes.empty() ? RouteInfo{} : list.routes[0];
  }
  AdjacencyKind kind_at(const std::string& address, Vrf& vrf) {
    const IpAddress parsed = parse_address(address);
    return adjacencies[parsed.ip6 ? vrf.fib6.lookup(parsed.bytes)
                                  : vrf.fib4.lookup(load_be32(parsed.data()))]
        .kind;
  }
  AdjacencyKind kind_at(const std::string& address) { return kind_at(address, blue); }

  // UDP from the pod of network 1.
  static Bytes packet_to(const std::string& destination, std::uint16_t source_port = 4000) {
    Bytes payload = udp(counting(18));
    store_be16(payload.data(), source_port);
    const Ip4 to = load_be32(parse_address(destination).data());
    return ethernet(port_mac(kPod), pod_mac(kPod), kEtherTypeIp4,
                    ip4_packet({.source = kPodAddress, .destination = to}, payload));
  }
  void send(const std::string& destination, std::uint16_t source_port = 4000) {
    ports[kPod]->inject(packet_to(destination, source_port));
    run();
  }
  void run() {
    std::array<Packet, kMaxBurst> packets;
    for (auto& in : ports) {
      if (in == nullptr) continue;
      while (const std::uint32_t count = in->receive(packets.data(), kMaxBurst))
        graph.process(packets.data(), count, in->config);
    }
  }
  void wait_ns(std::uint64_t duration) {
    now_ns += duration;
    graph.retry_pending();
  }
  std::vector<Bytes> sent_by(std::uint16_t port) {
    std::vector<Bytes> frames;
    for (auto& sent : ports[port]->take_sent()) frames.push_back(std::move(sent.bytes));
    return frames;
  }
  static Mac destination_of(const Bytes& frame) {
    Mac mac;
    std::memcpy(mac.bytes.data(), frame.data(), 6);
    return mac;
  }
  std::uint64_t drops(DropReason reason) const {
    std::uint64_t total = 0;
    for (const CounterBlock& block : counters) total += block.drops(reason);
    return total;
  }
  // Type and code of the only ICMP message to the pod.
  std::pair<int, int> icmp_to_pod() {
    const std::vector<Bytes> frames = sent_by(kPod);
    if (frames.size() != 1) return {-1, static_cast<int>(frames.size())};
    const std::uint8_t* icmp = frames[0].data() + kEthernetLength + ip4::kMinHeader;
    return {icmp[0], icmp[1]};
  }

  static inline std::uint64_t now_ns = 0;
  Umem umem{256, 4096, Hugepages::kOff};
  FramePool pool{umem};
  AdjacencyTable adjacencies{kFirstAdjacency + kMaxPorts};
  SpscRing<GraphEvent> events{256};
  std::array<CounterBlock, kPortCount> counters{};
  std::array<std::uint64_t, kCounters * 2> route_counters{};
  const std::array<const std::uint64_t*, 1> counter_arrays{route_counters.data()};
  Graph graph{pool, {adjacencies, counters.data(), route_counters.data(), &events}, 1'000'000'000};
  Vrf blue, red;
  std::uint32_t synchronized = 0;
  bool fail_once = false;  // in synchronize
  Routing routing{{.adjacencies = adjacencies,
                   .synchronize =
                       [this] {
                         ++synchronized;
                         if (std::exchange(fail_once, false)) throw std::bad_alloc();
                       },
                   .counters = counter_arrays.data(),
                   .workers = 1,
                   .counted_routes = kCounters}};
  std::array<std::unique_ptr<MemoryPort>, kPortCount> ports;

 private:
  void set_up(Vrf& vrf, std::uint32_t id, Ip4 gateway) {
    vrf.id = id;
    vrf.gateway4 = gateway;
    vrf.has_gateway4 = true;
    routing.add_vrf(vrf);
  }
  void add_port(std::uint16_t index) {
    PortConfig config;
    config.index = index;
    config.mac = port_mac(index);
    config.uplink = index >= kUplink;
    if (!config.uplink) config.peer_mac = pod_mac(index);
    config.vrf = index == kRedPod || index == kRedUplink ? &red : &blue;
    ports[index] = std::make_unique<MemoryPort>(config, umem, pool);
    routing.add_port(config);
    graph.attach(*ports[index]);
  }
};

}  // namespace millrace
