#pragma once
// The forwarding graph of one worker: nodes work on bursts of up to 64 frames, run to completion.
//
//   ethernet_input -> bridge_input -> bridge_flood --------------------------------------.
//                  -> arp_responder ------------------------------------.                |
//                  -> ip4_forward -> ip4_local -> icmp4_error ----------+-> rewrite -> transmit
//                  -> ip6_forward -> nd_responder, ip6_local -> icmp6_error -'
//                         `-> resolve (waits for a neighbour)
//   ip4_local, ip6_local -> vxlan_input -> (once more, from the port of the VNI)
//   bridge_input, bridge_flood, rewrite -> vxlan_encap
//
// Edges only point to the right, so one pass over the nodes in that order empties every burst but
// two kinds, for which there is another pass: frames that came out of a tunnel, and errors about
// packets that proved too long for one.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/counters.hpp"
#include "engine/frame_pool.hpp"
#include "engine/packet.hpp"
#include "engine/port.hpp"
#include "engine/spsc_ring.hpp"
#include "graph/clock.hpp"
#include "graph/drop_reason.hpp"
#include "graph/flood_limiter.hpp"
#include "graph/graph_event.hpp"
#include "graph/icmp_limiter.hpp"
#include "graph/lane_recorder.hpp"
#include "graph/pending.hpp"
#include "tables/adjacency_table.hpp"
#include "tables/bridge.hpp"
#include "tables/vrf.hpp"
#include "tables/vxlan.hpp"

namespace millrace {

class Graph {
 public:
  struct Shared {
    const AdjacencyTable& adjacencies;
    CounterBlock* ports;                      // kMaxPorts blocks, written by this graph alone
    std::uint64_t* route_counters = nullptr;  // packets and bytes per counter number, ours alone
    SpscRing<GraphEvent>* events = nullptr;   // to the control side; may be null
    const Vxlan* vxlan = nullptr;             // null: there are no tunnels
    LaneTable* lanes = nullptr;               // null: every packet is the graph's
  };
  Graph(FramePool& frame_pool, const Shared& shared, std::uint32_t icmp_per_second)
      : pool(frame_pool), icmp_limiter(icmp_per_second), shared_(shared), recorder_(shared.lanes) {}

  // The port exists; frames for it leave by egress, which is a queue of this worker or the way to
  // another one; null when it has no device. Only between rounds, as detach().
  void attach(const PortConfig& config, Port* egress);
  void attach(Port& port) { attach(port.config, &port); }
  void detach(std::uint16_t index);

  // Takes over count (at most kMaxBurst) frames received on a port.
  void process(Packet* packets, std::uint32_t count, const PortConfig& in);
  void process(Packet* packets, std::uint32_t count, const Port& in) {
    process(packets, count, in.config);
  }
  // For the flow lane, what process() does by itself: how packets have come in.
  void note_arrival(Packet* packets, std::uint32_t count, const PortConfig& in) {
    if (in.lane && recorder_.is_on()) recorder_.note(packets, count, in);
  }
  const LaneRecorder& recorder() const { return recorder_; }
  // Frames that waited for a neighbour try again. Called once per round while pending is not empty.
  void retry_pending();
  // Frames that are ready to leave: counts them, and drops what the port does not take.
  void send(std::uint16_t out, Packet** packets, std::uint32_t count);

  const PortConfig& config(std::uint16_t index) const { return *configs_[index]; }
  bool has_port(std::uint16_t index) const { return configs_[index] != nullptr; }
  Port* egress(std::uint16_t index) const { return egress_[index]; }
  CounterBlock& counters(std::uint16_t index) { return shared_.ports[index]; }
  const Adjacency& adjacency(std::uint32_t number) const { return shared_.adjacencies[number]; }
  bool has_vxlan() const { return shared_.vxlan != nullptr; }
  const Vxlan& vxlan() const { return *shared_.vxlan; }
  // Back to whoever sent the frame: replies and errors.
  const Adjacency& reverse(const Packet& packet) const {
    return adjacency(kFirstAdjacency + packet.in_port);
  }

  void count_drop(const Packet& packet, DropReason reason) {
    counters(packet.in_port).drop(reason);
  }
  void drop(const Packet& packet, DropReason reason) {
    count_drop(packet, reason);
    release(packet);
  }
  void release(const Packet& packet) {
    pool.put_chain(packet.tail);
    pool.put(packet.frame);
  }
  // Only the first frame is kept: enough for a quotation.
  void cut_tail(Packet& packet) {
    pool.put_chain(packet.tail);
    packet.length = packet.head_length();
    packet.tail = kNoFrame;
    packet.tail_length = 0;
  }
  void count_route(std::uint32_t counter, const Packet& packet) {
    if (shared_.route_counters == nullptr) return;
    ++shared_.route_counters[counter * 2];
    shared_.route_counters[counter * 2 + 1] += packet.length;
  }
  // A worker itself has changed a table: what the flow lane knows no longer holds.
  void forget_lanes() {
    if (shared_.lanes != nullptr) shared_.lanes->generation().changed();
  }
  // Never waits: an event that finds the ring full is lost, and whoever caused it asks again.
  bool tell(const GraphEvent& event) {
    told = true;
    return shared_.events != nullptr && shared_.events->push(event);
  }

  struct Node {
    std::string_view name;
    Burst Graph::*input;
    void (*run)(Graph&);
  };
  // In the order they run; `millrace trace` walks the same list.
  static std::span<const Node> nodes();
  // After they have run: fills the inputs for another pass. False when nothing is left to do.
  bool next_pass();

  FramePool& pool;

  // The inputs of the nodes. Each frame is in exactly one, so 64 places are enough for each.
  Burst ethernet, bridge, bridge_flood, arp, ip4, ip4_local, icmp4_error, ip6, nd, ip6_local,
      icmp6_error, resolve, vxlan_input, rewrite, vxlan_encap, transmit;
  // Frames that came out of tunnels in this pass.
  Burst inner;
  IcmpLimiter icmp_limiter;
  FloodLimiters flood_limiters;
  Pending pending;
  // Read once per burst, see clock.hpp; tests set a clock of their own.
  Clock clock = coarse_clock;
  std::uint64_t now_ns = 0;
  // Queues that frames were given to while they were quiet: the worker flushes them this round. It
  // reserves room for all of its queues.
  std::vector<Port*> woken;
  bool told = false;  // something since the worker has looked last
  // Off in a graph that only explains: looking must change nothing.
  bool learns = true;

 private:
  void run_nodes();
  void take_inner();
  std::uint32_t retry_run(WaitingPacket* waiting, std::uint32_t begin, std::uint32_t count);
  void drop_all(Packet** packets, std::uint32_t count, std::uint16_t out, DropReason reason);

  static constexpr std::uint64_t kRetryIntervalNs = 1'000'000;

  Shared shared_;
  LaneRecorder recorder_;
  std::uint64_t next_retry_ns_ = 0;
  std::array<const PortConfig*, kMaxPorts> configs_{};
  std::array<Port*, kMaxPorts> egress_{};
};

}  // namespace millrace
