// IEEE 802.3: sorts frames by EtherType and enforces the port's own addresses.
#include "base/headers.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

// A multicast or broadcast destination is accepted here; the nodes behind decide what it may be.
bool is_for_us(const std::uint8_t* destination, const PortConfig& config) {
  return equals(destination, config.mac) || (destination[0] & 1) != 0;
}

void classify(Graph& graph, const PortConfig& config, Packet* packet) {
  if (packet->length < kEthernetLength) return graph.drop(*packet, DropReason::kRunt);
  if (config.bridge != nullptr) return graph.bridge.push(packet);
  const std::uint8_t* frame = packet->data;
  if (!config.uplink && !equals(frame + 6, config.peer_mac))
    return graph.drop(*packet, DropReason::kSourceMac);
  if (!is_for_us(frame, config)) return graph.drop(*packet, DropReason::kNotForUs);
  switch (load_be16(frame + 12)) {
    case kEtherTypeIp4:
      if ((frame[0] & 1) != 0) return graph.drop(*packet, DropReason::kMulticast);
      return graph.ip4.push(packet);
    case kEtherTypeIp6:
      return graph.ip6.push(packet);
    case kEtherTypeArp:
      return graph.arp.push(packet);
    case kEtherTypeVlan:
    case kEtherTypeQinQ:
      return graph.drop(*packet, DropReason::kVlanUnexpected);
    default:
      return graph.drop(*packet, DropReason::kEtherTypeUnknown);
  }
}

}  // namespace

void ethernet_input(Graph& graph) {
  Burst& input = graph.ethernet;
  const PortConfig& config = graph.config(input.packets[0]->in_port);
  constexpr std::uint32_t kAhead = 4;
  for (std::uint32_t i = 0; i < input.size; ++i) {
    if (i + kAhead < input.size) __builtin_prefetch(input.packets[i + kAhead]->data);
    classify(graph, config, input.packets[i]);
  }
  input.size = 0;
}

}  // namespace millrace
