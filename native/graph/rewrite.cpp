// Writes the Ethernet header of the adjacency.
#include "graph/nodes.hpp"

namespace millrace {

namespace {

// An answer goes back to the MAC that asked: on an uplink anybody may be behind the port.
void write_header(std::uint8_t* frame, const Adjacency& adjacency) {
  const std::uint8_t* destination =
      adjacency.reflect ? frame + 6 : adjacency.destination.bytes.data();
  std::memmove(frame, destination, 6);
  std::memcpy(frame + 6, adjacency.source.bytes.data(), 6);
}

// Behind which VTEP the next hop is, the FDB knows; an answer goes back to the one that asked.
void enter_tunnel(Graph& graph, Packet* packet) {
  if (!packet->adjacency->reflect) packet->peer = 0;
  graph.vxlan_encap.push(packet);
}

}  // namespace

void rewrite(Graph& graph) {
  for (Packet* packet : graph.rewrite) {
    // An answer to what came in by a port that is going, or by none that leads anywhere.
    if (packet->adjacency->kind != AdjacencyKind::kRewrite) [[unlikely]] {
      graph.drop(*packet, DropReason::kPortGone);
      continue;
    }
    write_header(packet->data, *packet->adjacency);
    packet->out_port = packet->adjacency->port;
    if (packet->adjacency->tunnel)
      enter_tunnel(graph, packet);
    else
      graph.transmit.push(packet);
  }
  graph.rewrite.size = 0;
}

}  // namespace millrace
