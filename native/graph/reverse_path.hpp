#pragma once
// Whose address is that? RFC 3704 2.2 (strict) for pods: an address is genuine when packets for it
// would leave by the same port. On an uplink any source is genuine but one that belongs to a pod
// of ours (and routing there may be asymmetric).
#include "graph/graph.hpp"

namespace millrace {

// Every way that a packet for the adjacency may take.
template <class Visit>
bool any_way(const Graph& graph, const Adjacency& adjacency, Visit visit) {
  switch (adjacency.kind) {
    case AdjacencyKind::kRewrite:
    case AdjacencyKind::kUnresolved:
    case AdjacencyKind::kGlean:
      return visit(adjacency);
    case AdjacencyKind::kCounted:
      return any_way(graph, graph.adjacency(adjacency.child), visit);
    case AdjacencyKind::kGroup:
      for (const std::uint32_t member : adjacency.group->buckets)
        if (any_way(graph, graph.adjacency(member), visit)) return true;
      return false;
    default:
      return false;
  }
}

inline bool leads_to(const Graph& graph, const Adjacency& adjacency, std::uint16_t port) {
  if (adjacency.kind == AdjacencyKind::kRewrite) return adjacency.port == port;
  return any_way(graph, adjacency, [&](const Adjacency& way) { return way.port == port; });
}

// Behind a port of a pod of ours.
inline bool leads_to_pod(const Graph& graph, const Adjacency& adjacency) {
  return any_way(graph, adjacency, [&](const Adjacency& way) {
    return graph.has_port(way.port) && !graph.config(way.port).uplink;
  });
}

inline bool is_genuine(const Graph& graph, const PortConfig& config, const Adjacency& back) {
  return config.uplink ? !leads_to_pod(graph, back) : leads_to(graph, back, config.index);
}
inline bool is_genuine(const Graph& graph, const PortConfig& config, Ip4 source) {
  return is_genuine(graph, config, graph.adjacency(config.vrf->fib4.lookup(source)));
}
inline bool is_genuine(const Graph& graph, const PortConfig& config, const Ip6& source) {
  return is_genuine(graph, config, graph.adjacency(config.vrf->fib6.lookup(source)));
}

}  // namespace millrace
