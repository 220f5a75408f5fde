#pragma once
// Answers ARP requests and neighbour solicitations for hosts that the control side has told, so
// that they need not be flooded.
#include "graph/graph.hpp"

namespace millrace {

// True when the frame has become the answer to its sender: it is to leave by its ingress port.
// Precondition: a broadcast or multicast frame whose VLAN is known.
bool answer_for_host(Graph& graph, const Bridge& bridge, const PortConfig& config, Packet& packet);

}  // namespace millrace
