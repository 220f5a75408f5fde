#pragma once
// The forwarding graph of one worker: nodes work on bursts of up to 64 frames, run to completion.
//
//   ethernet_input -> arp_responder ------------------------------.
//                  -> ip4_forward -> ip4_local -> icmp4_error ----+-> rewrite -> transmit
//                  -> ip6_forward -> nd_responder, ip6_local -> icmp6_error -'
//
// Edges only point to the right, so one pass over the nodes in that order empties every burst.
#include <array>
#include <cstdint>

#include "engine/frame_pool.hpp"
#include "engine/packet.hpp"
#include "engine/port.hpp"
#include "graph/drop_reason.hpp"
#include "graph/icmp_limiter.hpp"
#include "tables/vrf.hpp"

namespace millrace {

class Graph {
 public:
  Graph(FramePool& pool, std::uint32_t icmp_per_second)
      : pool_(pool), icmp_limiter(icmp_per_second) {}

  // A port and the adjacency of the pod behind it. Only between rounds.
  void attach(Port& port);
  void detach(std::uint16_t index);

  // Takes over count (at most kMaxBurst) frames received on a port.
  void process(Packet* packets, std::uint32_t count, Port& in);

  Port& port(std::uint16_t index) const { return *ports_[index]; }
  const Adjacency& adjacency(std::uint32_t next_hop) const {
    return adjacencies_[next_hop - kFirstAdjacency];
  }
  // Back to the pod that sent the frame: replies and errors.
  const Adjacency& reverse(const Packet& packet) const { return adjacencies_[packet.in_port]; }

  void count_drop(const Packet& packet, DropReason reason) {
    port(packet.in_port).config.counters->drop(reason);
  }
  void drop(const Packet& packet, DropReason reason) {
    count_drop(packet, reason);
    pool_.put(packet.frame);
  }

 private:
  FramePool& pool_;
  std::array<Port*, kMaxPorts> ports_{};
  std::array<Adjacency, kMaxPorts> adjacencies_{};

 public:
  // The inputs of the nodes. Each frame is in exactly one, so 64 places are enough for each.
  Burst ethernet, arp, ip4, ip4_local, icmp4_error, ip6, nd, ip6_local, icmp6_error, rewrite,
      transmit;
  IcmpLimiter icmp_limiter;
};

}  // namespace millrace
