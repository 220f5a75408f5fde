#pragma once
// A port moves bursts between the graph and the outside. Three implementations: AF_XDP (xsk_port),
// memory (tests: frames in, frames out, no root) and replay (benchmarks: the graph alone).
#include <cstdint>

#include "base/bytes.hpp"
#include "engine/counters.hpp"
#include "engine/packet.hpp"

namespace millrace {

struct Vrf;

// What the graph knows of a port. Written before the worker sees the port, constant afterwards.
struct PortConfig {
  std::uint16_t index = 0;
  std::uint32_t mtu = 1500;
  Mac mac;       // ours: the gateway's
  Mac peer_mac;  // the pod's; other sources are dropped
  Ip4 peer_ip4 = 0;
  Ip6 peer_ip6{};
  bool has_ip4 = false;
  bool has_ip6 = false;
  // Local senders hand over TCP and UDP with only the pseudo-header sum (CHECKSUM_PARTIAL).
  bool partial_checksums = true;
  Vrf* vrf = nullptr;
  CounterBlock* counters = nullptr;
};

class Port {
 public:
  explicit Port(const PortConfig& port_config) : config(port_config) {}
  virtual ~Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // Fills up to max packets (data, length, frame); the caller owns their frames afterwards.
  virtual std::uint32_t receive(Packet* packets, std::uint32_t max) = 0;
  // Takes over the first n frames and returns n; the caller keeps (and drops) the rest.
  virtual std::uint32_t transmit(Packet* const* packets, std::uint32_t count) = 0;
  // Pushes queued frames out, returns used frames to the pool and keeps the receive side supplied.
  // Called once per round. True while frames still wait for the kernel.
  virtual bool flush() = 0;
  // True when the port itself can have the checksum of a partial frame completed.
  virtual bool completes_checksums() const { return false; }
  virtual int poll_fd() const { return -1; }

  const PortConfig config;
};

}  // namespace millrace
