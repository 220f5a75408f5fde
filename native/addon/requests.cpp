#include "addon/requests.hpp"

#include <algorithm>
#include <stdexcept>

#include "engine/route_names.hpp"

namespace millrace::addon {

namespace {

Hugepages parse_hugepages(const std::string& value) {
  if (value == "off") return Hugepages::kOff;
  return value == "require" ? Hugepages::kRequire : Hugepages::kAuto;
}

std::optional<PortMode> parse_mode(const std::string& value) {
  for (const PortMode mode : {PortMode::kZeroCopy, PortMode::kCopy, PortMode::kGeneric})
    if (value == name_of(mode)) return mode;
  return std::nullopt;
}

Capture parse_capture(const std::string& value) {
  if (value == "shared") return Capture::kShared;
  return value == "dedicated" ? Capture::kDedicated : Capture::kAll;
}

TransmitWish parse_transmit(const std::string& value) {
  if (value == "af-xdp") return TransmitWish::kAfXdp;
  return value == "live-frames" ? TransmitWish::kLiveFrames : TransmitWish::kAuto;
}

ChangeOp parse_op(const Napi::Object& object) {
  const std::string op = text(object, "op");
  if (op == "del") return ChangeOp::kDelete;
  return op == "replace" ? ChangeOp::kReplace : ChangeOp::kAdd;
}

template <class Names>
auto index_in(const Names& names, const std::string& value, const char* what) {
  const auto found = std::find(names.begin(), names.end(), value);
  if (found == names.end()) throw std::invalid_argument(std::string(what) + " " + value);
  return found - names.begin();
}

XskPort::Tuning parse_tuning(const Napi::Object& object) {
  XskPort::Tuning tuning{};
  tuning.fill = number(object, "fill");
  tuning.tx_budget = number(object, "txBudget");
  if (object.Get("busyPoll").IsObject()) {
    const auto busy_poll = object.Get("busyPoll").As<Napi::Object>();
    tuning.busy_poll = true;
    tuning.busy_poll_usecs = number(busy_poll, "usecs");
    tuning.busy_poll_budget = number(busy_poll, "budget");
  }
  return tuning;
}

void parse_addresses(const Napi::Object& object, PortConfig& config) {
  for (const auto& value : list<std::string>(object, "addresses", as_text)) {
    const IpAddress address = parse_address(value);
    if (address.ip6) {
      config.has_ip6 = true;
      config.peer_ip6 = address.bytes;
    } else {
      config.has_ip4 = true;
      config.peer_ip4 = load_be32(address.data());
    }
  }
}

void parse_vlans(const Napi::Object& object, AddPortRequest& request) {
  if (!object.Get("vlan").IsObject()) return;
  const auto vlan = object.Get("vlan").As<Napi::Object>();
  request.config.pvid = as_port(vlan.Get("pvid"));
  request.tagged = list<std::uint16_t>(vlan, "tagged", as_port);
  request.trunk = !request.tagged.empty();
}

NextHop parse_next_hop(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  NextHop hop;
  hop.port = as_port(object.Get("port"));
  hop.weight = number(object, "weight");
  if (const auto address = optional(text(object, "address"), parse_address)) {
    hop.has_address = true;
    hop.address = *address;
  }
  return hop;
}

}  // namespace

WorkerOptions parse_worker(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  WorkerOptions options;
  options.cpu = object.Get("cpu").As<Napi::Number>().Int32Value();
  options.frames = number(object, "frames");
  options.frame_size = number(object, "frameSize");
  options.hugepages = parse_hugepages(text(object, "hugepages"));
  options.ring_size = number(object, "ringSize");
  options.batch = std::min(number(object, "batch"), kMaxBurst);
  options.idle_rounds = number(object, "idleRounds");
  options.icmp_per_second = number(object, "icmpPerSecond");
  return options;
}

NetworkRequest parse_network(const Napi::Object& object) {
  NetworkRequest request;
  request.name = text(object, "name");
  request.gateway4 = optional(text(object, "gateway4"), parse_address);
  request.gateway6 = optional(text(object, "gateway6"), parse_address);
  if (!object.Get("bridge").IsObject()) return request;
  const auto bridge = object.Get("bridge").As<Napi::Object>();
  request.bridge = BridgeRequest{number(bridge, "fdbSize"),        number(bridge, "ageing"),
                                 number(bridge, "floodPerSecond"), flag(bridge, "unknownUnicast"),
                                 flag(bridge, "multicast"),        flag(bridge, "suppression")};
  return request;
}

AddPortRequest parse_port(const Napi::Object& object) {
  AddPortRequest request;
  request.network = number(object, "network");
  PortConfig& config = request.config;
  config.uplink = text(object, "role") == "uplink";
  config.mac = parse_mac(text(object, "mac"));
  config.peer_mac = optional(text(object, "podMac"), parse_mac).value_or(Mac{});
  config.mtu = number(object, "mtu");
  config.spoof_check = flag(object, "spoofCheck");
  config.lane = flag(object, "flowLane");
  parse_addresses(object, config);
  parse_vlans(object, request);
  request.mac_limit = number(object, "macLimit");
  request.workers = list<std::uint32_t>(object, "workers", as_number);
  request.port.ifname = text(object, "ifname");
  if (object.Get("companion").IsObject()) {
    const auto companion = object.Get("companion").As<Napi::Object>();
    request.port.companion = Companion{text(companion, "near"), text(companion, "far")};
    config.tc = true;
  }
  request.port.capture = parse_capture(text(object, "capture"));
  request.port.transmit = parse_transmit(text(object, "transmit"));
  request.port.forced = parse_mode(text(object, "mode"));
  request.port.tuning = parse_tuning(object);
  if (object.Get("peer").IsObject()) {
    const auto peer = object.Get("peer").As<Napi::Object>();
    request.port.has_peer = true;
    request.port.peer_netns = text(peer, "netns");
    request.port.peer_ifname = text(peer, "ifname");
  }
  return request;
}

RouteChange parse_route_change(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  RouteChange change;
  change.op = parse_op(object);
  change.prefix = parse_prefix(text(object, "prefix"));
  change.type = static_cast<RouteType>(index_in(kRouteTypeNames, text(object, "type"), "type"));
  change.next_hops = list<NextHop>(object, "nextHops", parse_next_hop);
  change.leak_to = number(object, "leakTo");
  change.counted = flag(object, "counted");
  change.source =
      static_cast<RouteSource>(index_in(kRouteSourceNames, text(object, "source"), "source"));
  return change;
}

RouteQuery parse_route_query(const Napi::Object& object) {
  RouteQuery query;
  query.family = number(object, "family");
  query.within = optional(text(object, "within"), parse_prefix);
  query.match = optional(text(object, "match"), parse_address);
  query.source = optional(text(object, "source"), [](const std::string& source) {
    return static_cast<RouteSource>(index_in(kRouteSourceNames, source, "source"));
  });
  query.limit = number(object, "limit");
  return query;
}

NeighbourChange parse_neighbour_change(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  NeighbourChange change;
  change.op = parse_op(object);
  change.port = as_port(object.Get("port"));
  change.address = parse_address(text(object, "address"));
  change.mac = optional(text(object, "mac"), parse_mac).value_or(Mac{});
  return change;
}

FdbChange parse_fdb_change(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  return {parse_op(object), parse_mac(text(object, "mac")), as_port(object.Get("vlan")),
          as_port(object.Get("port")), optional(text(object, "peer"), parse_address)};
}

VtepRequest parse_vtep(const Napi::Object& object) {
  VtepRequest request;
  request.name = text(object, "name");
  request.underlay = number(object, "underlay");
  request.address4 = optional(text(object, "address4"), parse_address);
  request.address6 = optional(text(object, "address6"), parse_address);
  request.udp_port = as_port(object.Get("udpPort"));
  const std::string checksum = text(object, "udpChecksum");
  request.udp_checksum = checksum == "always"  ? UdpChecksum::kAlways
                         : checksum == "never" ? UdpChecksum::kNever
                                               : UdpChecksum::kAuto;
  request.ttl = static_cast<std::uint8_t>(number(object, "ttl"));
  request.dscp = object.Get("dscp").As<Napi::Number>().Int32Value();
  request.nested = flag(object, "nested");
  return request;
}

PeerChange parse_peer_change(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  return {parse_op(object), parse_address(text(object, "address")), number(object, "mtu")};
}

VniRequest parse_vni(const Napi::Object& object) {
  return {number(object, "vtep"), number(object, "vni"), parse_mac(text(object, "mac")),
          number(object, "mtu"), flag(object, "learning")};
}

HostChange parse_host_change(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  return {parse_op(object), parse_address(text(object, "address")), parse_mac(text(object, "mac")),
          as_port(object.Get("vlan"))};
}

TraceRequest parse_trace(const Napi::Object& object) {
  TraceRequest request;
  request.port = as_port(object.Get("port"));
  request.source = parse_address(text(object, "source"));
  request.destination = parse_address(text(object, "destination"));
  request.destination_mac = optional(text(object, "destinationMac"), parse_mac);
  request.vlan = as_port(object.Get("vlan"));
  const std::string protocol = text(object, "protocol");
  request.protocol = protocol == "tcp"    ? TraceProtocol::kTcp
                     : protocol == "icmp" ? TraceProtocol::kIcmp
                                          : TraceProtocol::kUdp;
  request.source_port = as_port(object.Get("sourcePort"));
  request.destination_port = as_port(object.Get("destinationPort"));
  request.length = number(object, "length");
  request.ttl = static_cast<std::uint8_t>(number(object, "ttl"));
  return request;
}

}  // namespace millrace::addon
