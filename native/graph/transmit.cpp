// Hands runs of frames with the same output port to that port.
#include "graph/nodes.hpp"

namespace millrace {

void transmit(Graph& graph) {
  Burst& input = graph.transmit;
  for_each_run(input.begin(), input.size,
               [&](std::uint16_t port, Packet** packets, std::uint32_t count) {
                 graph.send(port, packets, count);
               });
  input.size = 0;
}

}  // namespace millrace
