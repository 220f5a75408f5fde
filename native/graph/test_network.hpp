#pragma once
// What the graph is tested in: two pods in network blue, one in network red, and four stations in
// the bridged network green, on memory ports. No root, no kernel, no test framework, so that the
// fuzzer uses it too.
#include <array>
#include <functional>
#include <memory>
#include <string>

#include "engine/memory_port.hpp"
#include "graph/graph.hpp"
#include "graph/test_packets.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define MILLRACE_GUARD_FRAMES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MILLRACE_GUARD_FRAMES 1
#endif
#endif
#ifdef MILLRACE_GUARD_FRAMES
#include <sanitizer/asan_interface.h>
#endif

namespace millrace {

struct Pod {
  std::uint16_t port;
  Mac mac;
  Mac gateway_mac;  // of the port it is behind
  Ip4 ip4;
  Ip6 ip6;
};

constexpr Ip4 kBlueGateway4 = ip4_address(10, 1, 0, 1);
constexpr Ip4 kRedGateway4 = ip4_address(10, 2, 0, 1);
constexpr Ip6 kBlueGateway6 = ip6_address({0xfd00, 1, 0, 0, 0, 0, 0, 1});
constexpr Ip6 kRedGateway6 = ip6_address({0xfd00, 2, 0, 0, 0, 0, 0, 1});
constexpr Pod kBlueA{0,
                     {{2, 0, 0, 0, 1, 0xa}},
                     {{2, 0, 0, 0, 0, 0xa}},
                     ip4_address(10, 1, 0, 2),
                     ip6_address({0xfd00, 1, 0, 0, 0, 0, 0, 2})};
constexpr Pod kBlueB{1,
                     {{2, 0, 0, 0, 1, 0xb}},
                     {{2, 0, 0, 0, 0, 0xb}},
                     ip4_address(10, 1, 0, 3),
                     ip6_address({0xfd00, 1, 0, 0, 0, 0, 0, 3})};
constexpr Pod kRedC{2,
                    {{2, 0, 0, 0, 1, 0xc}},
                    {{2, 0, 0, 0, 0, 0xc}},
                    ip4_address(10, 2, 0, 2),
                    ip6_address({0xfd00, 2, 0, 0, 0, 0, 0, 2})};
constexpr std::array<Pod, 3> kPods = {kBlueA, kBlueB, kRedC};

// Of a bridged network: two pods with pinned addresses, one without, and the uplink. No gateways.
constexpr Pod station(std::uint16_t port, std::uint8_t number) {
  return {port,
          {{2, 0, 0, 0, 3, number}},
          {},
          ip4_address(10, 3, 0, number),
          ip6_address({0xfd00, 3, 0, 0, 0, 0, 0, number})};
}
constexpr Pod kGreenA = station(3, 0xa), kGreenB = station(4, 0xb), kGreenC = station(5, 0xc),
              kGreenUplink = station(6, 0xd);
constexpr std::array<Pod, 4> kStations = {kGreenA, kGreenB, kGreenC, kGreenUplink};
constexpr bool is_station(const Pod& pod) {
  return pod.port >= kGreenA.port;
}

// Frames as the pods send them.
inline Bytes frame_from(const Pod& pod, std::uint16_t type, const Bytes& payload) {
  return ethernet(pod.gateway_mac, pod.mac, type, payload);
}
inline Bytes frame_to(const Pod& pod, std::uint16_t type, const Bytes& payload) {
  return ethernet(pod.mac, pod.gateway_mac, type, payload);
}
inline Bytes udp4(const Pod& from, Ip4 destination, std::size_t data = 18) {
  Bytes frame =
      frame_from(from, kEtherTypeIp4,
                 ip4_packet({.source = from.ip4, .destination = destination}, udp(counting(data))));
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kRight);
  return frame;
}
inline Bytes udp6(const Pod& from, const Ip6& destination, std::size_t data = 18) {
  Bytes frame =
      frame_from(from, kEtherTypeIp6,
                 ip6_packet({.source = from.ip6, .destination = destination}, udp(counting(data))));
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip6::kHeader, 6}, Checksum::kRight);
  return frame;
}

class TestNetwork {
 public:
  // More than any test sends.
  static constexpr std::uint32_t kUnlimited = 1'000'000'000;
  static constexpr std::uint32_t kFrames = 256;

  explicit TestNetwork(std::uint32_t icmp_per_second = kUnlimited, std::uint32_t frame_size = 4096,
                       LaneTable* lanes = nullptr)
      : umem(kFrames, frame_size, Hugepages::kOff),
        pool(umem),
        events(256),
        graph(pool, {adjacencies, counters_.data(), route_counters_.data(), &events, &vxlan, lanes},
              icmp_per_second) {
    set_gateway(blue, kBlueGateway4, kBlueGateway6);
    set_gateway(red, kRedGateway4, kRedGateway6);
    for (const Pod& pod : kPods) {
      reconfigure(pod, [](PortConfig&) {});
      add_route4(vrf_of(pod), pod.ip4, 32, pod);
      add_route6(vrf_of(pod), pod.ip6, 128, pod);
    }
    for (const Pod& pod : kStations) reconfigure(pod, [](PortConfig&) {});
  }

  Vrf& vrf_of(const Pod& pod) { return pod.port == kRedC.port ? red : blue; }
  MemoryPort& port(const Pod& pod) { return *ports_[pod.port]; }
  const CounterBlock& counters_of(const Pod& pod) const { return counters_[pod.port]; }

  // A new port for the pod, with what the function changes.
  void reconfigure(const Pod& pod, const std::function<void(PortConfig&)>& change) {
    PortConfig config;
    config.index = pod.port;
    config.mac = pod.gateway_mac;
    config.peer_mac = pod.mac;
    config.peer_ip4 = pod.ip4;
    config.peer_ip6 = pod.ip6;
    config.has_ip4 = config.has_ip6 = true;
    if (is_station(pod))
      config.bridge = &green;
    else
      config.vrf = &vrf_of(pod);
    config.uplink = pod.port == kGreenUplink.port;
    config.spoof_check = pod.port < kGreenC.port;
    change(config);
    ports_[pod.port] = std::make_unique<MemoryPort>(config, umem, pool);
    if (config.bridge != nullptr) config.bridge->add_port({ports_[pod.port]->config});
    adjacencies.publish(kFirstAdjacency + pod.port, adjacency_of(config));
    graph.attach(port(pod));
  }

  static void add_route4(Vrf& vrf, Ip4 prefix, std::uint32_t length, const Pod& pod) {
    std::uint8_t bytes[4];
    store_be32(bytes, prefix);
    vrf.fib4.insert(bytes, length, kFirstAdjacency + pod.port);
  }
  static void add_route6(Vrf& vrf, const Ip6& prefix, std::uint32_t length, const Pod& pod) {
    vrf.fib6.insert(prefix.bytes.data(), length, kFirstAdjacency + pod.port);
  }

  // Bursts from each port in turn until nothing is left to receive.
  void run() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& in : ports_) busy |= run_burst(*in);
    }
  }

  // What lies behind a frame in memory: the graph must not care.
  void set_tail(std::uint8_t fill) { tail_ = fill; }

  std::uint64_t sum(std::uint32_t slot) const {
    std::uint64_t total = 0;
    for (const CounterBlock& block : counters_) total += block.get(slot);
    return total;
  }
  std::uint64_t drops() const {
    std::uint64_t total = 0;
    for (std::uint32_t slot = kFirstDrop; slot < kCounterSlots; ++slot) total += sum(slot);
    return total;
  }
  // Every frame received and every copy was sent on or dropped for a reason; an ICMP error is both.
  // Ports without a device count frames that others have counted.
  bool counts_add_up() const {
    return sum_of_devices(kRxPackets) + sum(kIcmpErrors) + sum(kFloodCopies) ==
           sum_of_devices(kTxPackets) + drops();
  }
  std::uint64_t sum_of_devices(std::uint32_t slot) const {
    std::uint64_t total = 0;
    for (std::size_t port = 0; port < ports_.size(); ++port) total += counters_[port].get(slot);
    return total;
  }
  const CounterBlock& counters_of(std::uint16_t port) const { return counters_[port]; }
  bool pool_is_whole() const { return pool.available() == pool.total(); }

  Umem umem;
  FramePool pool;
  AdjacencyTable adjacencies{kFirstAdjacency + kMaxPorts};
  SpscRing<GraphEvent> events;
  Vxlan vxlan;

 private:
  std::array<CounterBlock, 16> counters_;  // of as many ports as a test may have
  std::array<std::uint64_t, 64> route_counters_{};

 public:
  Graph graph;
  Vrf blue, red;
  Bridge green{{.id = 3, .fdb_capacity = 64, .fdb_seed = 1}};

 private:
  static void set_gateway(Vrf& vrf, Ip4 gateway4, const Ip6& gateway6) {
    std::uint8_t bytes[4];
    store_be32(bytes, gateway4);
    vrf.gateway4 = gateway4;
    vrf.gateway6 = gateway6;
    vrf.has_gateway4 = vrf.has_gateway6 = true;
    vrf.fib4.insert(bytes, 32, kNextHopLocal);
    vrf.fib6.insert(gateway6.bytes.data(), 128, kNextHopLocal);
  }

  bool run_burst(MemoryPort& in) {
    const std::uint32_t count = in.receive(packets_.data(), kMaxBurst);
    if (count == 0) return false;
    std::array<std::uint8_t*, kMaxBurst> starts;
    // What a bridge (also one behind an uplink) drops it may take again for a copy of the next
    // frame, guard and all.
    const bool guard = count == 1 || (in.config.bridge == nullptr && !in.config.uplink);
    for (std::uint32_t i = 0; i < count; ++i) {
      starts[i] = packets_[i].data;
      fill_tail(packets_[i]);
      if (guard) guard_tail(packets_[i]);
    }
    graph.process(packets_.data(), count, in.config);
    for (std::uint32_t i = 0; i < count; ++i) lift_guard(starts[i]);
    return true;
  }

  std::size_t room_behind(const std::uint8_t* p) const {
    return umem.frame_size() - umem.address_of(p) % umem.frame_size();
  }

  void fill_tail(const Packet& packet) const {
    const std::uint32_t head = packet.head_length();
    std::memset(packet.data + head, tail_, room_behind(packet.data) - head);
  }
  // Has the sanitizer report every access to what lies behind the frame. A neighbour advertisement
  // is longer than its solicitation and may use the room it needs, as may one behind a tag.
  void guard_tail([[maybe_unused]] const Packet& packet) const {
#ifdef MILLRACE_GUARD_FRAMES
    const std::uint32_t head = packet.head_length();
    std::uint32_t used = head;
    for (const std::uint32_t tag : {0u, 4u}) {
      const std::uint32_t type = kEthernetLength + tag + ip6::kHeader;
      if (head > type && packet.data[type] == icmp6::kNeighborSolicitation)
        used = std::max(used, type + 32);
    }
    ASAN_POISON_MEMORY_REGION(packet.data + used, room_behind(packet.data) - used);
#endif
  }
  void lift_guard([[maybe_unused]] const std::uint8_t* start) const {
#ifdef MILLRACE_GUARD_FRAMES
    ASAN_UNPOISON_MEMORY_REGION(start, room_behind(start));
#endif
  }

  std::array<std::unique_ptr<MemoryPort>, kPods.size() + kStations.size()> ports_;
  std::array<Packet, kMaxBurst> packets_;
  std::uint8_t tail_ = 0;
};

}  // namespace millrace
