// Writes the Ethernet header of the adjacency.
#include "graph/nodes.hpp"

namespace millrace {

void rewrite(Graph& graph) {
  for (Packet* packet : graph.rewrite) {
    std::memcpy(packet->data, packet->adjacency->destination.bytes.data(), 6);
    std::memcpy(packet->data + 6, packet->adjacency->source.bytes.data(), 6);
    graph.transmit.push(packet);
  }
  graph.rewrite.size = 0;
}

}  // namespace millrace
