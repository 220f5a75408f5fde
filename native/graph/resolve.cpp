// Packets whose next hop has no link-layer address yet. The kernel resolves (ARP, RFC 826; ND,
// RFC 4861): it is asked to probe, and a bounded number of packets waits meanwhile. Who waits in
// vain is answered as if the host did not exist (RFC 1122 3.3.2.2, RFC 4861 7.2.2).
#include "graph/resolve.hpp"

#include <algorithm>

#include "base/headers.hpp"
#include "graph/nodes.hpp"

namespace millrace {

namespace {

bool is_ip6(const Packet& packet) {
  return (packet.data[kEthernetLength] >> 4) == 6;
}

Ip6 destination_of(const Packet& packet) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  if (is_ip6(packet)) return load_ip6(ip + ip6::kDestination);
  Ip6 address;
  std::memcpy(address.bytes.data(), ip + ip4::kDestination, 4);
  return address;
}

// How many packets wait for the same neighbour, and when it was asked for last.
struct Queue {
  std::uint32_t waiting = 0;
  std::uint64_t probed_ns = 0;
};

Queue queue_for(Pending& pending, std::uint16_t port, const Ip6& next_hop) {
  Queue queue;
  for (const WaitingPacket& other : pending) {
    if (other.port != port || other.next_hop != next_hop) continue;
    ++queue.waiting;
    queue.probed_ns = std::max(queue.probed_ns, other.probed_ns);
  }
  return queue;
}

std::uint64_t probe(Graph& graph, const Adjacency& adjacency, bool ip6, const Ip6& next_hop,
                    std::uint64_t probed_ns) {
  if (probed_ns != 0 && graph.now_ns - probed_ns < Pending::kProbeIntervalNs) return probed_ns;
  GraphEvent event;
  event.kind = GraphEvent::Kind::kResolve;
  event.port = adjacency.port;
  event.network = adjacency.vrf_id;
  event.ip6 = ip6;
  event.address = next_hop;
  return graph.tell(event) ? graph.now_ns : 0;
}

// Nobody is there to be told when it is the outer packet of a tunnel.
void give_up(Graph& graph, Packet* packet) {
  if (!graph.config(packet->in_port).has_device)
    return graph.drop(*packet, DropReason::kNeighbourUnresolved);
  const bool ip6 = is_ip6(*packet);
  packet->answer_with(ip6 ? icmp6::kUnreachable : icmp4::kUnreachable,
                      ip6 ? icmp6::kCodeAddress : icmp4::kCodeHost,
                      DropReason::kNeighbourUnresolved);
  (ip6 ? graph.icmp6_error : graph.icmp4_error).push(packet);
}

// A packet that has waited before knows since when. The peer it came from may have gone meanwhile,
// and its number be another's.
WaitingPacket waiting_packet(const Graph& graph, const Packet& packet) {
  if (packet.waiting) return static_cast<const WaitingPacket&>(packet);
  WaitingPacket waiting{packet};
  waiting.peer = 0;
  waiting.origin = 0;
  waiting.waiting = true;
  waiting.until_ns = graph.now_ns + Pending::kPatienceNs;
  return waiting;
}

}  // namespace

void wait_for_neighbour(Graph& graph, Packet* packet) {
  const Adjacency& adjacency = *packet->adjacency;
  const bool glean = adjacency.kind == AdjacencyKind::kGlean;
  const bool ip6 = glean ? is_ip6(*packet) : adjacency.ip6;
  WaitingPacket waiting = waiting_packet(graph, *packet);
  waiting.port = adjacency.port;
  waiting.next_hop = glean ? destination_of(*packet) : adjacency.next_hop;
  if (graph.now_ns >= waiting.until_ns) return give_up(graph, packet);
  const Queue queue = queue_for(graph.pending, waiting.port, waiting.next_hop);
  waiting.probed_ns =
      probe(graph, adjacency, ip6, waiting.next_hop, std::max(waiting.probed_ns, queue.probed_ns));
  if (graph.pending.full() || queue.waiting >= Pending::kPerNeighbour)
    return graph.drop(*packet, DropReason::kNeighbourQueueFull);
  graph.pending.push(waiting);
}

void resolve(Graph& graph) {
  for (Packet* packet : graph.resolve) wait_for_neighbour(graph, packet);
  graph.resolve.size = 0;
}

}  // namespace millrace
