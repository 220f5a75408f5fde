#pragma once
#include "graph/graph.hpp"

namespace millrace {

// Takes over a packet whose adjacency has no link-layer address yet.
void wait_for_neighbour(Graph& graph, Packet* packet);

}  // namespace millrace
