#include "graph/graph.hpp"

#include "base/headers.hpp"
#include "graph/checksum_offload.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

// Edges only point down this list.
constexpr std::array kNodes = {
    Graph::Node{"ethernet_input", &Graph::ethernet, ethernet_input},
    Graph::Node{"bridge_input", &Graph::bridge, bridge_input},
    Graph::Node{"bridge_flood", &Graph::bridge_flood, bridge_flood},
    Graph::Node{"arp_responder", &Graph::arp, arp_responder},
    Graph::Node{"ip4_forward", &Graph::ip4, ip4_forward},
    Graph::Node{"ip6_forward", &Graph::ip6, ip6_forward},
    Graph::Node{"ip4_local", &Graph::ip4_local, ip4_local},
    Graph::Node{"nd_responder", &Graph::nd, nd_responder},
    Graph::Node{"ip6_local", &Graph::ip6_local, ip6_local},
    Graph::Node{"vxlan_input", &Graph::vxlan_input, vxlan_input},
    Graph::Node{"resolve", &Graph::resolve, resolve},
    Graph::Node{"icmp4_error", &Graph::icmp4_error, icmp4_error},
    Graph::Node{"icmp6_error", &Graph::icmp6_error, icmp6_error},
    Graph::Node{"rewrite", &Graph::rewrite, rewrite},
    Graph::Node{"vxlan_encap", &Graph::vxlan_encap, vxlan_encap},
    Graph::Node{"transmit", &Graph::transmit, transmit},
};

}  // namespace

std::span<const Graph::Node> Graph::nodes() {
  return kNodes;
}

void Graph::attach(const PortConfig& config, Port* egress) {
  configs_[config.index] = &config;
  egress_[config.index] = egress;
}

void Graph::detach(std::uint16_t index) {
  WaitingPacket* const end = pending.end();
  std::uint32_t kept = 0;
  for (WaitingPacket* waiting = pending.begin(); waiting != end; ++waiting) {
    if (waiting->in_port == index)
      drop(*waiting, DropReason::kPortGone);
    else
      pending.begin()[kept++] = *waiting;
  }
  pending.shrink(kept);
  configs_[index] = nullptr;
  egress_[index] = nullptr;
}

void Graph::process(Packet* packets, std::uint32_t count, const PortConfig& in) {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    packets[i].in_port = in.index;
    bytes += packets[i].length;
    ethernet.push(&packets[i]);
  }
  counters(in.index).add(kRxPackets, count);
  counters(in.index).add(kRxBytes, bytes);
  now_ns = clock();
  note_arrival(packets, count, in);
  run_nodes();
}

// Everything that waits goes through the FIB again: the neighbour may be known by now, or the route
// be another one. What still has to wait queues up again, in the same order.
void Graph::retry_pending() {
  now_ns = clock();
  if (now_ns < next_retry_ns_) return;
  next_retry_ns_ = now_ns + kRetryIntervalNs;
  std::array<WaitingPacket, Pending::kCapacity> waiting;
  const std::uint32_t count = pending.size();
  std::copy(pending.begin(), pending.end(), waiting.begin());
  pending.shrink(0);
  for (std::uint32_t begin = 0; begin < count;) begin = retry_run(waiting.data(), begin, count);
}

// A burst belongs to one port and one family.
std::uint32_t Graph::retry_run(WaitingPacket* waiting, std::uint32_t begin, std::uint32_t count) {
  const auto family = [](const Packet& packet) { return packet.data[kEthernetLength] >> 4; };
  const Packet& first = waiting[begin];
  Burst& input = family(first) == 6 ? ip6 : ip4;
  std::uint32_t end = begin;
  while (end < count && end - begin < kMaxBurst && waiting[end].in_port == first.in_port &&
         family(waiting[end]) == family(first))
    input.push(&waiting[end++]);
  run_nodes();
  return end;
}

void Graph::run_nodes() {
  do {
    for (const Node& node : kNodes)
      if ((this->*node.input).size != 0) node.run(*this);
  } while (next_pass());
}

bool Graph::next_pass() {
  take_inner();
  return ethernet.size != 0 || icmp4_error.size != 0 || icmp6_error.size != 0;
}

// Of one VNI at a time: a burst belongs to one port.
void Graph::take_inner() {
  if (inner.size == 0) return;
  const std::uint16_t port = inner.packets[0]->in_port;
  std::uint32_t kept = 0;
  std::uint64_t bytes = 0;
  for (Packet* packet : inner) {
    if (packet->in_port != port) {
      inner.packets[kept++] = packet;
      continue;
    }
    bytes += packet->length;
    ethernet.push(packet);
  }
  inner.size = kept;
  counters(port).add(kRxPackets, ethernet.size);
  counters(port).add(kRxBytes, bytes);
}

void Graph::send(std::uint16_t out, Packet** packets, std::uint32_t count) {
  Port* const port = egress_[out];
  if (port == nullptr) return drop_all(packets, count, out, DropReason::kPortGone);
  if (!port->completes_checksums())
    for (std::uint32_t i = 0; i < count; ++i)
      if (packets[i]->checksum_start != 0) complete_checksum(*packets[i], pool.table());
  if (recorder_.is_on()) recorder_.record(*this, packets, count, config(out));
  if (!port->active) {
    port->active = true;
    woken.push_back(port);
  }
  std::uint64_t bytes = 0;
  // The port owns what it takes, so lengths are summed before; what is left is subtracted.
  for (std::uint32_t i = 0; i < count; ++i) bytes += packets[i]->length;
  const bool counted_here = port->counts_transmits();
  const std::uint32_t sent = port->transmit(packets, count);
  for (std::uint32_t i = sent; i < count; ++i) bytes -= packets[i]->length;
  if (counted_here) {
    counters(out).add(kTxPackets, sent);
    counters(out).add(kTxBytes, bytes);
    drop_all(packets + sent, count - sent, out, DropReason::kTxRingFull);
  } else {
    drop_all(packets + sent, count - sent, out, DropReason::kHandoffRingFull);
  }
}

// A full ring is the output port's condition, so the drop is counted there.
void Graph::drop_all(Packet** packets, std::uint32_t count, std::uint16_t out, DropReason reason) {
  for (std::uint32_t i = 0; i < count; ++i) {
    packets[i]->in_port = out;
    drop(*packets[i], reason);
  }
}

}  // namespace millrace
