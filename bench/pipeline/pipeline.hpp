// What the in-memory benchmarks share: the frames, the routes, the measured loop and its report.
#pragma once
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "engine/replay_port.hpp"
#include "graph/graph.hpp"
#include "tables/vrf.hpp"

namespace millrace::bench {

// A UDP packet of 60 bytes without the frame check sequence: a 64-byte frame on the wire.
// The flow is in the source port.
struct UdpFrame {
  Mac to, from;
  Ip4 source, destination;
  std::uint32_t flow;
};
constexpr std::uint32_t kFrameLength = 60;

inline Bytes make_udp(const UdpFrame& udp) {
  Bytes frame(kFrameLength, 0);
  std::uint8_t* ip = frame.data() + kEthernetLength;
  std::memcpy(frame.data(), udp.to.bytes.data(), 6);
  std::memcpy(frame.data() + 6, udp.from.bytes.data(), 6);
  store_be16(frame.data() + 12, kEtherTypeIp4);
  ip[0] = 0x45;
  store_be16(ip + ip4::kTotalLength, 46);
  ip[ip4::kTtl] = 64;
  ip[ip4::kProtocol] = kProtoUdp;
  store_be32(ip + ip4::kSource, udp.source);
  store_be32(ip + ip4::kDestination, udp.destination);
  const auto checksum =
      static_cast<std::uint16_t>(~checksum_fold(checksum_add(0, ip, ip4::kMinHeader)));
  std::memcpy(ip + ip4::kChecksum, &checksum, 2);
  store_be16(ip + 20, static_cast<std::uint16_t>(1024 + udp.flow));
  store_be16(ip + 22, 2000);
  store_be16(ip + 24, 26);
  return frame;
}

inline void add_route(Vrf& vrf, Ip4 prefix, std::uint32_t length, std::uint32_t value) {
  std::uint8_t bytes[4];
  store_be32(bytes, prefix);
  vrf.fib4.insert(bytes, length, value);
}

// 256 routes of /24: the lookup goes below the root of the table.
inline void add_routes(Vrf& vrf, Ip4 first, std::uint32_t value) {
  for (std::uint32_t i = 0; i < 256; ++i) add_route(vrf, first + (i << 8), 24, value);
}

// The port of a pod in a routed network.
inline PortConfig pod_port(std::uint16_t index, const Mac& gateway, const Mac& peer, Ip4 address,
                           Vrf& vrf) {
  PortConfig config;
  config.index = index;
  config.mac = gateway;
  config.peer_mac = peer;
  config.peer_ip4 = address;
  config.has_ip4 = true;
  config.vrf = &vrf;
  return config;
}

struct Limits {
  std::uint32_t flows;
  double seconds;
  bool valid() const { return flows >= 1 && flows <= 65536 && seconds > 0 && seconds <= 60; }
};

// The first two arguments of every program: [flows=65536] [seconds=2].
inline Limits limits_of(int argc, char** argv) {
  return {argc > 1 ? static_cast<std::uint32_t>(std::atoi(argv[1])) : 65536,
          argc > 2 ? std::atof(argv[2]) : 2.0};
}

struct Measured {
  std::uint64_t packets = 0;
  double seconds = 0;
};

inline Measured measure(Graph& graph, ReplayPort& source, double limit) {
  Measured measured;
  std::array<Packet, kMaxBurst> packets;
  const auto begin = std::chrono::steady_clock::now();
  while (measured.seconds < limit) {
    for (int i = 0; i < 4096; ++i) {
      const std::uint32_t n = source.receive(packets.data(), kMaxBurst);
      graph.process(packets.data(), n, source);
      measured.packets += n;
    }
    const auto elapsed = std::chrono::steady_clock::now() - begin;
    measured.seconds = std::chrono::duration<double>(elapsed).count();
  }
  return measured;
}

// Prints one JSON object. Returns the exit status of the program.
inline int report(const Measured& measured, std::uint32_t flows, std::size_t routes,
                  bool complete) {
  const auto packets = static_cast<double>(measured.packets);
  std::printf(
      "{\"flows\":%u,\"routes\":%zu,\"packets\":%llu,\"seconds\":%.3f,\"mpps\":%.3f,"
      "\"ns_per_packet\":%.1f,\"complete\":%s}\n",
      flows, routes, static_cast<unsigned long long>(measured.packets), measured.seconds,
      packets / measured.seconds / 1e6, measured.seconds * 1e9 / packets,
      complete ? "true" : "false");
  return complete ? 0 : 1;
}

}  // namespace millrace::bench
