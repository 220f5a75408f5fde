#pragma once
// RFC 3704 2.2 (strict): an address is genuine when packets for it would leave by the same port.
#include "graph/graph.hpp"

namespace millrace {

inline bool leads_to(const Graph& graph, const PortConfig& config, std::uint32_t next_hop) {
  return next_hop >= kFirstAdjacency && graph.adjacency(next_hop).port == config.index;
}

inline bool is_routed_to(const Graph& graph, const PortConfig& config, Ip4 address) {
  return leads_to(graph, config, config.vrf->fib4.lookup(address));
}

inline bool is_routed_to(const Graph& graph, const PortConfig& config, const Ip6& address) {
  return leads_to(graph, config, config.vrf->fib6.lookup(address));
}

}  // namespace millrace
