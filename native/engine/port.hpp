#pragma once
// A port moves bursts between the graph and the outside. Three implementations: AF_XDP (xsk_port),
// memory (tests: frames in, frames out, no root) and replay (benchmarks: the graph alone).
#include <bitset>
#include <cstdint>

#include "base/bytes.hpp"
#include "engine/packet.hpp"
#include "tables/adjacency.hpp"

namespace millrace {

// IEEE 802.1Q VLAN identifiers.
using VlanSet = std::bitset<4096>;

struct Vrf;
struct Bridge;
struct VxlanPort;

// What the graph knows of a port. Written before the workers see the port, constant afterwards.
struct PortConfig {
  std::uint16_t index = 0;
  std::uint32_t mtu = 1500;
  Mac mac;       // ours: the gateway's, or the uplink's own
  Mac peer_mac;  // the pod's; other sources are dropped
  Ip4 peer_ip4 = 0;
  Ip6 peer_ip6{};
  bool has_ip4 = false;
  bool has_ip6 = false;
  bool has_device = true;  // false: a tunnel, or the way of its packets through the underlay
  bool lane = false;       // flows may take the flow lane from here, and to here
  bool tc = false;         // backend tc: flows from here need no device that takes XDP frames
  bool uplink = false;     // toward the underlay: many neighbours behind it, no source is pinned
  // Local senders hand over TCP and UDP with only the pseudo-header sum (CHECKSUM_PARTIAL).
  bool partial_checksums = true;
  // The network: a VRF or a bridge domain, never both.
  Vrf* vrf = nullptr;
  Bridge* bridge = nullptr;
  // In a bridge domain: only frames with the pod's own addresses (sriov-cni's spoofchk).
  bool spoof_check = true;
  std::uint16_t pvid = 0;           // untagged frames belong to this VLAN; 0: there are none
  const VlanSet* tagged = nullptr;  // VLANs of a trunk; null on an access port
  // Without a device: the other nodes' part of the network, reached through VTEPs.
  const VxlanPort* vxlan = nullptr;
};

// What kFirstAdjacency + index leads to: the pod behind the port or, on an uplink, the way back to
// the sender of a packet.
inline Adjacency adjacency_of(const PortConfig& config) {
  Adjacency adjacency;
  adjacency.kind = AdjacencyKind::kRewrite;
  adjacency.destination = config.peer_mac;
  adjacency.source = config.mac;
  adjacency.port = config.index;
  adjacency.mtu = config.mtu;
  adjacency.reflect = config.uplink;
  adjacency.tunnel = config.vxlan != nullptr;
  return adjacency;
}

// One queue of a port, in the hands of one worker.
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
  // True when nothing of what was transmitted is still on its way back.
  virtual bool settled() const { return true; }
  // False when the port counts them itself, or another worker that takes the frames on.
  virtual bool counts_transmits() const { return true; }

  const PortConfig config;

  // The worker's: a queue without traffic is looked at less often, see Worker::round().
  bool active = true;
  std::uint32_t quiet_rounds = 0;
};

}  // namespace millrace
