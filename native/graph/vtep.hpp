#pragma once
// Which packets for the node itself are for one of its VTEPs.
#include "graph/graph.hpp"

namespace millrace {

// l4: where UDP begins. Only from an uplink: what a pod sends to a VTEP is an ordinary packet.
inline bool is_for_vtep(const Graph& graph, const Packet& packet, std::uint32_t l4,
                        const IpAddress& destination) {
  const PortConfig& config = graph.config(packet.in_port);
  if (!graph.has_vxlan() || !config.uplink || config.vxlan != nullptr ||
      packet.head_length() < l4 + kUdpHeader)
    return false;
  return graph.vxlan().find(config.vrf, destination, load_be16(packet.data + l4 + 2)) != nullptr;
}

}  // namespace millrace
