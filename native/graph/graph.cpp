#include "graph/graph.hpp"

#include "graph/nodes.hpp"

namespace millrace {

void Graph::attach(Port& port) {
  const PortConfig& config = port.config;
  ports_[config.index] = &port;
  adjacencies_[config.index] = {config.peer_mac, config.mac, config.index, config.mtu};
}

void Graph::detach(std::uint16_t index) {
  ports_[index] = nullptr;
}

void Graph::process(Packet* packets, std::uint32_t count, Port& in) {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    packets[i].in_port = in.config.index;
    bytes += packets[i].length;
    ethernet.push(&packets[i]);
  }
  in.config.counters->add(kRxPackets, count);
  in.config.counters->add(kRxBytes, bytes);

  ethernet_input(*this);
  if (arp.size != 0) arp_responder(*this);
  if (ip4.size != 0) ip4_forward(*this);
  if (ip6.size != 0) ip6_forward(*this);
  if (ip4_local.size != 0) millrace::ip4_local(*this);
  if (nd.size != 0) nd_responder(*this);
  if (ip6_local.size != 0) millrace::ip6_local(*this);
  if (icmp4_error.size != 0) millrace::icmp4_error(*this);
  if (icmp6_error.size != 0) millrace::icmp6_error(*this);
  if (rewrite.size != 0) millrace::rewrite(*this);
  if (transmit.size != 0) millrace::transmit(*this);
}

}  // namespace millrace
