// Frames for more than one port: copies to all ports of the VLAN but the ingress one, the original
// to the last of them. A copy that cannot be made or sent counts as a copy and as a drop.
#include <algorithm>

#include "graph/bridge_output.hpp"
#include "graph/nodes.hpp"
#include "graph/vxlan_encap.hpp"

namespace millrace {

namespace {

constexpr DropReason kPass = DropReason::kCount;

bool is_broadcast(const std::uint8_t* mac) {
  return load_be32(mac) == 0xffffffffu && load_be16(mac + 4) == 0xffff;
}

DropReason check(Graph& graph, const Bridge& bridge, const Packet& packet) {
  const bool group = (packet.data[0] & 1) != 0;
  if (!group && !bridge.floods_unknown.load(std::memory_order_relaxed))
    return DropReason::kFloodLimited;
  if (group && !is_broadcast(packet.data) &&
      !bridge.floods_multicast.load(std::memory_order_relaxed))
    return DropReason::kMulticast;
  const std::uint32_t rate = bridge.flood_per_second.load(std::memory_order_relaxed);
  const bool allowed = graph.flood_limiters.of(bridge.id).allow(graph.now_ns, rate);
  return allowed ? kPass : DropReason::kFloodLimited;
}

std::uint32_t frames_of(const Packet& packet, const FrameTable& frames) {
  std::uint32_t count = 1;
  for (std::uint32_t frame = packet.tail; frame != kNoFrame; frame = frames[frame].next) ++count;
  return count;
}

std::uint32_t copy_tail(FramePool& pool, std::uint32_t tail) {
  FrameTable& frames = pool.table();
  std::uint32_t first = kNoFrame;
  std::uint32_t last = kNoFrame;
  for (; tail != kNoFrame; tail = frames[tail].next) {
    const std::uint32_t frame = pool.take();
    frames[frame].next = kNoFrame;
    frames[frame].offset = frames[tail].offset;
    frames[frame].length = frames[tail].length;
    std::memcpy(frames.data(frame), frames.data(tail), frames[tail].length);
    (last == kNoFrame ? first : frames[last].next) = frame;
    last = frame;
  }
  return first;
}

// False when the pool has too few frames.
bool copy(FramePool& pool, const Packet& packet, Packet& made) {
  constexpr std::uint32_t kHeadroom = 256;
  FrameTable& frames = pool.table();
  if (pool.available() < frames_of(packet, frames)) return false;
  made = packet;
  made.frame = pool.take();
  const std::uint32_t room = frames.frame_size() - packet.head_length();
  frames[made.frame].offset = static_cast<std::uint16_t>(std::min(kHeadroom, room));
  made.data = frames.data(made.frame);
  std::memcpy(made.data, packet.data, packet.head_length());
  made.tail = copy_tail(pool, packet.tail);
  return true;
}

// Frames of one VLAN from one port.
struct Run {
  Graph& graph;
  const Bridge& bridge;
  Packet** packets;
  std::uint32_t count;
};

struct Copies {
  std::array<Packet, kMaxBurst> packets;
  std::array<Packet*, kMaxBurst> ready;
  std::uint32_t count = 0;
};

void make_copies(const Run& run, const PortConfig& out, Copies& copies) {
  for (std::uint32_t i = 0; i < run.count; ++i) {
    const Packet& packet = *run.packets[i];
    DropReason reason = check_output(packet, out);
    if (reason == kPass && !copy(run.graph.pool, packet, copies.packets[copies.count]))
      reason = DropReason::kNoFreeFrame;
    if (reason != kPass) {
      run.graph.count_drop(packet, reason);
      continue;
    }
    set_tag(copies.packets[copies.count], out);
    copies.ready[copies.count] = &copies.packets[copies.count];
    ++copies.count;
  }
  run.graph.counters(run.packets[0]->in_port).add(kFloodCopies, run.count);
}

// One way to one receiver or more: a port of this node, or a VTEP behind that of the VNI (head-end
// replication, RFC 7348 4.2).
struct Target {
  std::uint16_t port = kNoPort;
  std::uint16_t peer = 0;
};

void send(const Run& run, const Target& target, Packet** packets, std::uint32_t count) {
  if (count == 0) return;
  if (target.peer == 0) return run.graph.send(target.port, packets, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    packets[i]->peer = target.peer;
    packets[i]->out_port = target.port;
  }
  vxlan_send(run.graph, packets, count, false);
}

void send_copies(const Run& run, const Target& target) {
  Copies copies;
  make_copies(run, run.graph.config(target.port), copies);
  send(run, target, copies.ready.data(), copies.count);
}

void send_originals(const Run& run, const Target& target) {
  const PortConfig& out = run.graph.config(target.port);
  std::uint32_t ready = 0;
  for (std::uint32_t i = 0; i < run.count; ++i) {
    Packet* packet = run.packets[i];
    const DropReason reason = check_output(*packet, out);
    if (reason != kPass) {
      run.graph.drop(*packet, reason);
      continue;
    }
    set_tag(*packet, out);
    run.packets[ready++] = packet;
  }
  send(run, target, run.packets, ready);
}

bool is_target(const Run& run, std::uint16_t port) {
  return port != run.packets[0]->in_port && run.graph.has_port(port) &&
         run.graph.config(port).bridge == &run.bridge;
}

// What came from a VTEP is for the ports of this node alone (split horizon): the port of the VNI is
// the one it came from.
template <class Visit>
void for_each_target(const Run& run, Visit visit) {
  for (const std::uint16_t port : run.bridge.members(run.packets[0]->vlan)) {
    if (!is_target(run, port)) continue;
    const VxlanPort* vxlan = run.graph.config(port).vxlan;
    if (vxlan == nullptr) {
      visit(Target{port, 0});
      continue;
    }
    const FloodList* peers = vxlan->flood.load(std::memory_order_acquire);
    if (peers == nullptr) continue;
    for (const std::uint16_t peer : *peers) visit(Target{port, peer});
  }
}

void flood(const Run& run) {
  Target last;
  for_each_target(run, [&](const Target& target) {
    if (last.port != kNoPort) send_copies(run, last);
    last = target;
  });
  if (last.port != kNoPort) return send_originals(run, last);
  for (std::uint32_t i = 0; i < run.count; ++i)  // nobody else is there
    run.graph.drop(*run.packets[i], DropReason::kSamePort);
}

}  // namespace

void bridge_flood(Graph& graph) {
  Burst& input = graph.bridge_flood;
  const Bridge& bridge = *graph.config(input.packets[0]->in_port).bridge;
  std::uint32_t kept = 0;
  for (Packet* packet : input) {
    const DropReason reason = check(graph, bridge, *packet);
    if (reason != kPass)
      graph.drop(*packet, reason);
    else
      input.packets[kept++] = packet;
  }
  for (std::uint32_t begin = 0; begin < kept;) {
    std::uint32_t end = begin + 1;
    while (end < kept && input.packets[end]->vlan == input.packets[begin]->vlan) ++end;
    flood({graph, bridge, &input.packets[begin], end - begin});
    begin = end;
  }
  input.size = 0;
}

}  // namespace millrace
