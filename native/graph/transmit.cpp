// Hands runs of frames with the same output port to that port.
#include "graph/checksum_offload.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

void complete_checksums(Packet** packets, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i)
    if (packets[i]->checksum_start != 0) complete_checksum(*packets[i]);
}

// A full ring is the output port's condition, so the drop is counted there.
void drop_rest(Graph& graph, Port& out, Packet** packets, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    packets[i]->in_port = out.config.index;
    graph.drop(*packets[i], DropReason::kTxRingFull);
  }
}

void send_run(Graph& graph, Packet** packets, std::uint32_t count) {
  Port& out = graph.port(packets[0]->adjacency->port);
  if (!out.completes_checksums()) complete_checksums(packets, count);
  std::uint64_t bytes = 0;
  const std::uint32_t sent = out.transmit(packets, count);
  for (std::uint32_t i = 0; i < sent; ++i) bytes += packets[i]->length;
  out.config.counters->add(kTxPackets, sent);
  out.config.counters->add(kTxBytes, bytes);
  drop_rest(graph, out, packets + sent, count - sent);
}

}  // namespace

void transmit(Graph& graph) {
  Burst& input = graph.transmit;
  for (std::uint32_t begin = 0; begin < input.size;) {
    const std::uint16_t port = input.packets[begin]->adjacency->port;
    std::uint32_t end = begin + 1;
    while (end < input.size && input.packets[end]->adjacency->port == port) ++end;
    send_run(graph, &input.packets[begin], end - begin);
    begin = end;
  }
  input.size = 0;
}

}  // namespace millrace
