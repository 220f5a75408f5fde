#pragma once
#include "graph/graph.hpp"

namespace millrace {

// Takes over frames for the other VTEPs of one VNI, whose port is out_port of all of them: writes
// the outer headers, asks the FIB of the underlay for the way, and sends. packet.peer is the peer
// to send to; 0: the one that the inner destination MAC is behind. answers: a packet that is too
// long for its peer may become an ICMP error in the graph's input (it outlives this call).
void vxlan_send(Graph& graph, Packet** packets, std::uint32_t count, bool answers);

}  // namespace millrace
