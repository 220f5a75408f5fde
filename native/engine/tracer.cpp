#include "engine/tracer.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/headers.hpp"
#include "engine/route_names.hpp"
#include "engine/trace_packet.hpp"
#include "graph/flow_hash.hpp"
#include "graph/reverse_path.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kFrames = 16;
constexpr std::uint32_t kFrameSize = 16384;  // a jumbo packet in one piece
constexpr std::uint32_t kHeadroom = 256;

std::string hex(const std::uint8_t* bytes, std::size_t length) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

Mac mac_at(const std::uint8_t* bytes) {
  Mac mac;
  std::memcpy(mac.bytes.data(), bytes, 6);
  return mac;
}

bool is_ip6(const Packet& packet) {
  return (packet.data[kEthernetLength] >> 4) == 6;
}

IpAddress address_of(const Packet& packet, bool source) {
  const std::uint8_t* ip = packet.data + kEthernetLength;
  if (is_ip6(packet))
    return IpAddress::from(true, ip + (source ? ip6::kSource : ip6::kDestination));
  return IpAddress::from(false, ip + (source ? ip4::kSource : ip4::kDestination));
}

std::uint32_t lookup(const Vrf& vrf, const IpAddress& address) {
  return address.ip6 ? vrf.fib6.lookup(address.bytes) : vrf.fib4.lookup(load_be32(address.data()));
}

// Nodes that turn the packet into a reply.
bool answers(const TraceStep& step) {
  static constexpr std::string_view kNodes[] = {"arp_responder", "nd_responder", "ip4_local",
                                                "ip6_local",     "icmp4_error",  "icmp6_error"};
  return std::find(std::begin(kNodes), std::end(kNodes), step.node) != std::end(kNodes);
}

void add(TraceStep& step, const char* name, std::string value) {
  step.facts.push_back({name, std::move(value)});
}
void add(TraceStep& step, const char* name, std::uint32_t value) {
  step.facts.push_back({name, value});
}

}  // namespace

// While it lives, nothing that was found in a table is freed.
class Tracer::Reading {
 public:
  explicit Reading(const Tables& tables) : tables_(tables) {
    tables_.quiescence.online(tables_.reader);
  }
  ~Reading() { tables_.quiescence.offline(tables_.reader); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  const Tables& tables_;
};

// Keeps the frames that leave by one port.
class Tracer::CapturePort final : public Port {
 public:
  CapturePort(const PortConfig& port_config, FramePool& pool) : Port(port_config), pool_(pool) {}
  std::uint32_t receive(Packet*, std::uint32_t) override { return 0; }
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override {
    for (std::uint32_t i = 0; i < count; ++i) {
      frames.push_back(hex(packets[i]->data, packets[i]->length));
      pool_.put(packets[i]->frame);
    }
    return count;
  }
  bool flush() override { return false; }

  std::vector<std::string> frames;

 private:
  FramePool& pool_;
};

Tracer::Tracer(const Tables& tables)
    : tables_(tables),
      umem_(kFrames, kFrameSize, Hugepages::kOff),
      pool_(umem_),
      counters_(kMaxPorts),
      graph_(std::make_unique<Graph>(pool_,
                                     Graph::Shared{tables.adjacencies, counters_.data(), nullptr,
                                                   nullptr, &tables.vxlan, tables.lanes},
                                     1'000'000'000)) {
  graph_->learns = false;
  for (const PortConfig* config : tables.ports) {
    if (!config->has_device) {
      graph_->attach(*config, nullptr);
      continue;
    }
    captures_.push_back(std::make_unique<CapturePort>(*config, pool_));
    graph_->attach(*config, captures_.back().get());
  }
}

Tracer::~Tracer() = default;

const PortConfig& Tracer::require(std::uint16_t port) const {
  for (const PortConfig* config : tables_.ports)
    if (config->index == port) return *config;
  throw std::invalid_argument("port " + std::to_string(port) + " does not exist");
}

// A pod of a routed network sends to its gateway, one of a bridged network to the host itself.
Mac Tracer::destination_mac(const TraceRequest& request, const PortConfig& in) const {
  if (request.destination_mac) return *request.destination_mac;
  if (in.bridge == nullptr) return in.mac;
  const IpAddress& address = request.destination;
  const std::uint16_t vlan = request.vlan != 0 ? request.vlan : in.pvid;
  const Ip6 key = address.ip6 ? address.bytes : HostTable::mapped(load_be32(address.data()));
  if (const HostTable::Host* host = in.bridge->hosts.find(vlan, key)) return host->mac;
  throw std::invalid_argument("nobody is known to have " + to_text(address) +
                              " in this bridged network: name its MAC address");
}

void Tracer::put_in(const std::vector<std::uint8_t>& frame, const PortConfig& in) {
  packet_ = Packet{};
  packet_.frame = pool_.take();
  packet_.data = umem_.frame(packet_.frame) + kHeadroom;
  packet_.length = static_cast<std::uint32_t>(frame.size());
  packet_.in_port = in.index;
  std::copy(frame.begin(), frame.end(), packet_.data);
  graph_->now_ns = tables_.now_ns;
  graph_->note_arrival(&packet_, 1, in);
  graph_->ethernet.push(&packet_);
}

TraceResult Tracer::trace(const TraceRequest& request) {
  const PortConfig& in = require(request.port);
  const Mac source = in.uplink ? Mac{{2, 0, 0, 0, 0, 1}} : in.peer_mac;
  put_in(make_trace_frame(request, destination_mac(request, in), source), in);
  find_route(in, request.destination);
  TraceResult result;
  {
    const Reading reading(tables_);
    run(result);
  }
  conclude(result);
  result.lane = lane_of(in);
  return result;
}

// Asked before the packet sets out: Routing holds its lock while it waits for readers like us.
void Tracer::find_route(const PortConfig& in, const IpAddress& destination) {
  if (in.vrf == nullptr) return;
  RouteQuery query;
  query.match = destination;
  route_ = tables_.routing.list(in.vrf->id, query);
}

void Tracer::run(TraceResult& result) {
  do {
    for (const Graph::Node& node : Graph::nodes()) {
      Burst& input = (*graph_).*node.input;
      if (input.size == 0) continue;
      TraceStep step{std::string(node.name), {}};
      note(*input.packets[0], step);
      node.run(*graph_);
      result.steps.push_back(std::move(step));
    }
  } while (graph_->next_pass());
}

void Tracer::note(const Packet& packet, TraceStep& step) const {
  if (step.node == "ethernet_input") {
    add(step, "destination_mac", to_text(mac_at(packet.data)));
    add(step, "source_mac", to_text(mac_at(packet.data + 6)));
  } else if (step.node == "ip4_forward" || step.node == "ip6_forward") {
    note_route(packet, step);
  } else if (step.node == "bridge_input" || step.node == "bridge_flood") {
    note_bridge(packet, step);
  } else if (step.node == "resolve") {
    const Adjacency& adjacency = *packet.adjacency;
    const bool glean = adjacency.kind == AdjacencyKind::kGlean;
    add(step, "next_hop",
        to_text(glean ? address_of(packet, false) : IpAddress{adjacency.ip6, adjacency.next_hop}));
    add(step, "port", adjacency.port);
  } else if (step.node == "icmp4_error" || step.node == "icmp6_error") {
    add(step, "icmp_type", packet.icmp_type);
    add(step, "icmp_code", packet.icmp_code);
    add(step, "reason", std::string(kDropReasonNames[static_cast<std::size_t>(packet.reason)]));
    if (packet.icmp_mtu != 0) add(step, "mtu", packet.icmp_mtu);
  } else if (step.node == "rewrite") {
    const Adjacency& adjacency = *packet.adjacency;
    add(step, "destination_mac",
        to_text(adjacency.reflect ? mac_at(packet.data + 6) : adjacency.destination));
    add(step, "source_mac", to_text(adjacency.source));
  } else if (step.node == "vxlan_encap") {
    note_tunnel(packet, step);
  } else if (step.node == "transmit") {
    add(step, "port", packet.out_port);
  }
}

// Into which network, to which VTEP, and the way to it through the underlay.
void Tracer::note_tunnel(const Packet& packet, TraceStep& step) const {
  const VxlanPort& vxlan = *graph_->config(packet.out_port).vxlan;
  add(step, "vni", vxlan.vni);
  const std::uint16_t place =
      packet.peer != 0 ? packet.peer : vxlan.fdb->lookup(Fdb::key_of(0, packet.data));
  const VxlanPeer* peer = is_peer(place) ? tables_.vxlan.peer(place) : nullptr;
  if (peer == nullptr) return add(step, "peer", "unknown");
  add(step, "peer", to_text(peer->address));
  add(step, "udp_port", vxlan.vtep->udp_port);
  const std::uint32_t number = lookup(*vxlan.vtep->underlay, peer->address);
  add(step, "underlay_network", vxlan.vtep->underlay->id);
  note_adjacency(packet, number, step);
}

// Where the source belongs, the route of the destination, and what that route comes down to.
void Tracer::note_route(const Packet& packet, TraceStep& step) const {
  const PortConfig& in = graph_->config(packet.in_port);
  const IpAddress source = address_of(packet, true);
  const bool own = source.ip6 ? in.has_ip6 && source.bytes == in.peer_ip6
                              : in.has_ip4 && load_be32(source.data()) == in.peer_ip4;
  const bool genuine = own || is_genuine(*graph_, in, graph_->adjacency(lookup(*in.vrf, source)));
  add(step, "source_check", own ? "own" : genuine ? (in.uplink ? "uplink" : "routed") : "spoofed");
  const std::uint8_t* ip = packet.data + kEthernetLength;
  add(step, "ttl", is_ip6(packet) ? ip[ip6::kHopLimit] : ip[ip4::kTtl]);
  if (route_.routes.empty()) return add(step, "route", "none");
  const RouteInfo& route = route_.routes.front();
  add(step, "route", to_text(route.prefix));
  add(step, "route_type", std::string(kRouteTypeNames[static_cast<std::size_t>(route.type)]));
  add(step, "route_source", std::string(kRouteSourceNames[static_cast<std::size_t>(route.source)]));
  note_adjacency(packet, lookup(*in.vrf, address_of(packet, false)), step);
}

// The steps that next_hop.hpp takes.
void Tracer::note_adjacency(const Packet& packet, std::uint32_t number, TraceStep& step) const {
  for (int depth = 0; depth < 8; ++depth) {
    const Adjacency& adjacency = graph_->adjacency(number);
    switch (adjacency.kind) {
      case AdjacencyKind::kCounted:
        add(step, "counter", adjacency.counter);
        number = adjacency.child;
        continue;
      case AdjacencyKind::kGroup: {
        const std::uint32_t hash =
            is_ip6(packet) ? flow_hash6(packet)
                           : flow_hash4(packet, (packet.data[kEthernetLength] & 15u) * 4);
        const auto& buckets = adjacency.group->buckets;
        std::vector<std::uint32_t> members(buckets.begin(), buckets.end());
        std::sort(members.begin(), members.end());
        members.erase(std::unique(members.begin(), members.end()), members.end());
        add(step, "members", static_cast<std::uint32_t>(members.size()));
        add(step, "bucket", hash % kGroupBuckets);
        number = buckets[hash % kGroupBuckets];
        continue;
      }
      case AdjacencyKind::kLeak:
        add(step, "leak_to", adjacency.vrf->id);
        number = lookup(*adjacency.vrf, address_of(packet, false));
        continue;
      case AdjacencyKind::kRewrite:
      case AdjacencyKind::kUnresolved:
      case AdjacencyKind::kGlean:
        if (adjacency.next_hop != Ip6{})
          add(step, "next_hop", to_text(IpAddress{adjacency.ip6, adjacency.next_hop}));
        add(step, "port", adjacency.port);
        add(step, "mtu", adjacency.mtu);
        break;
      default:
        break;
    }
    return add(step, "adjacency",
               std::string(kAdjacencyKindNames[static_cast<std::size_t>(adjacency.kind)]));
  }
}

void Tracer::note_bridge(const Packet& packet, TraceStep& step) const {
  const PortConfig& in = graph_->config(packet.in_port);
  const bool tagged = load_be16(packet.data + 12) == kEtherTypeVlan;
  const std::uint16_t tag = tagged ? load_be16(packet.data + 14) & 0xfff : 0;
  const std::uint16_t vlan = step.node == "bridge_flood"          ? packet.vlan
                             : (in.tagged != nullptr && tag != 0) ? tag
                                                                  : in.pvid;
  add(step, "vlan", vlan);
  const Mac destination = mac_at(packet.data);
  if (step.node == "bridge_flood") {
    const auto members = in.bridge->members(vlan);
    return add(step, "members", static_cast<std::uint32_t>(members.size()));
  }
  const auto entry = in.bridge->fdb.find(vlan, destination, fdb_seconds(tables_.now_ns));
  if (!entry) return add(step, "fdb", "unknown");
  add(step, "fdb", to_text(entry->mac));
  add(step, "fdb_source", entry->own ? "pod" : entry->is_static ? "static" : "learned");
  add(step, "port", entry->port);
}

std::string Tracer::drop_reason() const {
  for (const CounterBlock& block : counters_)
    for (std::size_t reason = 0; reason < kDropReasonNames.size(); ++reason)
      if (block.drops(static_cast<DropReason>(reason)) != 0)
        return std::string(kDropReasonNames[reason]);
  return "";
}

std::string Tracer::lane_of(const PortConfig& in) const {
  if (!in.lane || tables_.lanes == nullptr) return "off";
  static constexpr const char* kNames[] = {"no-flow", "new", "known"};
  return kNames[static_cast<std::size_t>(graph_->recorder().found())];
}

void Tracer::conclude(TraceResult& result) const {
  for (const auto& capture : captures_) {
    if (capture->frames.empty()) continue;
    result.ports.push_back(capture->config.index);
    result.frame = capture->frames.front();
  }
  result.reason = drop_reason();
  if (graph_->pending.size() != 0)
    result.verdict = "waiting";
  else if (result.ports.empty())
    result.verdict = "dropped";
  else if (std::any_of(result.steps.begin(), result.steps.end(), answers))
    result.verdict = "answered";
  else
    result.verdict = std::any_of(result.steps.begin(), result.steps.end(),
                                 [](const TraceStep& step) { return step.node == "bridge_flood"; })
                         ? "flooded"
                         : "sent";
}

}  // namespace millrace
