#pragma once
// From what the FIB says to where the packet goes: counters, equal-cost groups and leaks are steps
// on the way. Shared by both families.
#include "graph/graph.hpp"

namespace millrace {

// A leak that leads to a leak is refused when it is configured; this ends it all the same.
constexpr int kMaxSteps = 8;

// hash() and lookup(vrf) are asked only when needed. Null: in a circle.
template <class Hash, class Lookup>
const Adjacency* follow(Graph& graph, Packet& packet, const Adjacency* adjacency, Hash hash,
                        Lookup lookup) {
  for (int step = 0; step < kMaxSteps; ++step) {
    switch (adjacency->kind) {
      case AdjacencyKind::kCounted:
        graph.count_route(adjacency->counter, packet);
        packet.origin = 0;  // each packet of it is counted here
        adjacency = &graph.adjacency(adjacency->child);
        break;
      case AdjacencyKind::kGroup:
        packet.by_ports = true;
        adjacency = &graph.adjacency(adjacency->group->buckets[hash() % kGroupBuckets]);
        break;
      case AdjacencyKind::kLeak:
        packet.leaked = true;
        adjacency = &graph.adjacency(lookup(*adjacency->vrf));
        break;
      default:
        return adjacency;
    }
  }
  return nullptr;
}

// Known by MAC or not.
inline bool has_next_hop(AdjacencyKind kind) {
  return kind == AdjacencyKind::kRewrite || kind == AdjacencyKind::kUnresolved ||
         kind == AdjacencyKind::kGlean;
}

// Tells the control side that traffic needs this neighbour, so that the kernel keeps it verified.
// A plain load first: the cache line stays shared while nobody has cleared the flag.
inline void mark_used(const Adjacency& adjacency) {
  if (adjacency.use != nullptr && !adjacency.use->used.load(std::memory_order_relaxed))
    adjacency.use->used.store(true, std::memory_order_relaxed);
}

}  // namespace millrace
