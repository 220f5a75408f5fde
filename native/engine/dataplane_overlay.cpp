// The dataplane's part in overlays: VTEPs, their peers, VNIs, and what FDBs say of them.
#include "engine/dataplane.hpp"

namespace millrace {

void Dataplane::write_vteps(std::uint16_t index) {
  ports_.factory().program().set_vteps(ports_.ifindex_of(index),
                                       overlay_.vteps_in(ports_.network_of(index)));
}

void Dataplane::write_vteps_of(std::uint32_t underlay) {
  for (const auto& [index, prefixes] : prefixes_)
    if (ports_.network_of(index) == underlay) write_vteps(index);
}

Fdb& Dataplane::fdb_of(std::uint32_t id) {
  if (Bridge* bridge = network(id).bridge) return bridge->fdb;
  if (Fdb* fdb = overlay_.fdb_of(id)) return *fdb;
  throw std::invalid_argument("network " + network(id).name + " is routed and has no VNI: no FDB");
}

std::uint16_t Dataplane::fdb_place(std::uint32_t id, const FdbChange& change) const {
  const std::string port = "port " + std::to_string(change.port);
  const PortConfig* config = ports_.config(change.port);
  if (config == nullptr || ports_.network_of(change.port) != id)
    throw std::invalid_argument(to_text(change.mac) + ": " + port + " is not in the network");
  if ((config->vxlan != nullptr) != change.peer.has_value())
    throw std::invalid_argument(to_text(change.mac) + ": " + port +
                                (change.peer ? " leads to no peers" : " needs a peer"));
  return change.peer ? overlay_.require_peer(id, *change.peer) : change.port;
}

void Dataplane::apply_fdb(std::uint32_t id, std::span<const FdbChange> changes) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  millrace::apply_fdb(fdb_of(id), changes,
                      [&](const FdbChange& change) { return fdb_place(id, change); });
}

FdbInfo Dataplane::fdb_info(std::uint32_t id, const Fdb::Entry& entry) const {
  if (!is_peer(entry.port)) return {entry, std::nullopt};
  FdbInfo info{entry, overlay_.address_of(entry.port)};
  if (const PortConfig* config = overlay_.port_of(id)) info.entry.port = config->index;
  return info;
}

std::vector<FdbInfo> Dataplane::list_fdb(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  std::vector<FdbInfo> list;
  fdb_of(id).walk(fdb_seconds(coarse_clock()),
                  [&](const Fdb::Entry& entry) { list.push_back(fdb_info(id, entry)); });
  return list;
}

// The node's address is for the VTEP from here on, whether or not a link has it.
VtepInfo Dataplane::add_vtep(const VtepRequest& request) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  const Network& underlay = network(request.underlay);
  if (underlay.vrf == nullptr)
    throw std::invalid_argument("VTEP " + request.name + ": network " + underlay.name +
                                " is bridged and cannot be an underlay");
  const VtepInfo info = overlay_.add_vtep(request, *underlay.vrf);
  try {
    for (const auto& address : {request.address4, request.address6})
      if (address) routing_.set_local(request.underlay, *address, LocalOwner::kVtep);
    write_vteps_of(request.underlay);
  } catch (...) {
    take_vtep(info.id);
    throw;
  }
  return info;
}

void Dataplane::remove_vtep(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  const std::uint32_t underlay = overlay_.vtep(id).underlay;
  take_vtep(id);
  write_vteps_of(underlay);
}

// Another VTEP may have the same address, with another UDP port.
void Dataplane::take_vtep(std::uint32_t id) {
  const VtepRequest request = overlay_.vtep(id);
  overlay_.remove_vtep(id);
  for (const auto& address : {request.address4, request.address6})
    if (address && !overlay_.has_address(request.underlay, *address))
      routing_.remove_local(request.underlay, *address, LocalOwner::kVtep);
}

void Dataplane::apply_peers(std::uint32_t vtep, std::span<const PeerChange> changes) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  overlay_.apply_peers(vtep, changes);
}

std::vector<PeerInfo> Dataplane::list_peers(std::uint32_t vtep) {
  const std::lock_guard lock(mutex_);
  return overlay_.list_peers(vtep);
}

std::uint16_t Dataplane::add_vni(std::uint32_t id, const VniRequest& request) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  const Network& home = network(id);
  const auto tables = [&](const PortConfig& config) {
    if (home.bridge == nullptr) return routing_.add_port(config);
    home.bridge->add_port({config});
    home.bridge->vxlan.store(&config, std::memory_order_release);
  };
  return overlay_.add_vni(id, request, home.vrf.get(), home.bridge, tables).index;
}

void Dataplane::remove_vni(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  const Network& home = network(id);
  overlay_.remove_vni(id, [&](const PortConfig& config) {
    if (home.bridge == nullptr) return routing_.remove_port(config.index);
    home.bridge->vxlan.store(nullptr, std::memory_order_release);
    home.bridge->remove_port(config.index);
  });
}

void Dataplane::set_flood(std::uint32_t id, std::span<const IpAddress> peers) {
  const std::lock_guard lock(mutex_);
  overlay_.set_flood(id, peers);
}

}  // namespace millrace
