// Hands runs of frames with the same output port to that port.
#include "graph/nodes.hpp"

namespace millrace {

void transmit(Graph& graph) {
  Burst& input = graph.transmit;
  for (std::uint32_t begin = 0; begin < input.size;) {
    const std::uint16_t port = input.packets[begin]->out_port;
    std::uint32_t end = begin + 1;
    while (end < input.size && input.packets[end]->out_port == port) ++end;
    graph.send(port, &input.packets[begin], end - begin);
    begin = end;
  }
  input.size = 0;
}

}  // namespace millrace
