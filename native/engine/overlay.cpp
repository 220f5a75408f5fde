#include "engine/overlay.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace millrace {

namespace {

// Routed networks know one MAC address for each peer.
constexpr std::uint32_t kRouterFdb = kMaxPeers;

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument(what);
}

}  // namespace

Overlay::VtepState& Overlay::state(std::uint32_t id) const {
  const auto found = vteps_.find(id);
  if (found == vteps_.end()) refuse("VTEP " + std::to_string(id) + " does not exist");
  return *found->second;
}

Overlay::VniState& Overlay::vni_state(std::uint32_t network) const {
  const auto found = vnis_.find(network);
  if (found == vnis_.end()) refuse("network " + std::to_string(network) + " has no VNI");
  return *found->second;
}

void Overlay::check_new_vtep(const VtepRequest& request, const Vrf& underlay) const {
  if (!request.address4 && !request.address6) refuse("VTEP " + request.name + ": no address");
  for (const auto& [id, other] : vteps_)
    if (other->vtep.underlay == &underlay && other->vtep.udp_port == request.udp_port)
      refuse("VTEP " + request.name + ": UDP port " + std::to_string(request.udp_port) +
             " belongs to VTEP " + other->request.name);
}

VtepInfo Overlay::add_vtep(const VtepRequest& request, Vrf& underlay) {
  check_new_vtep(request, underlay);
  if (vteps_.size() >= kMaxVteps)
    throw std::length_error("VTEP " + request.name + ": there are " + std::to_string(kMaxVteps) +
                            " already");
  auto created = std::make_unique<VtepState>();
  created->request = request;
  Vtep& vtep = created->vtep;
  vtep.underlay = &underlay;
  vtep.udp_port = request.udp_port;
  vtep.has4 = request.address4.has_value();
  if (request.address4) vtep.address4 = load_be32(request.address4->data());
  vtep.has6 = request.address6.has_value();
  if (request.address6) vtep.address6 = request.address6->bytes;
  vtep.udp_checksum = request.udp_checksum;
  vtep.ttl = request.ttl;
  vtep.dscp = request.dscp;
  vtep.nested = request.nested;
  PortConfig config;
  config.vrf = &underlay;
  config.uplink = true;
  config.partial_checksums = false;
  vtep.port = ports_.add_deviceless(request.underlay, config).index;
  tables_.add(&vtep);
  const VtepInfo info{next_vtep_++, vtep.port};
  vteps_[info.id] = std::move(created);
  return info;
}

void Overlay::remove_vtep(std::uint32_t id) {
  VtepState& removed = state(id);
  for (const auto& [network, vni] : vnis_)
    if (vni->vtep == id)
      refuse("VTEP " + removed.request.name + ": network " + std::to_string(network) + " uses it");
  tables_.remove(&removed.vtep);
  for (const auto& [address, peer] : removed.peers) tables_.release_peer(peer);
  removed.vtep.sources.publish();
  reclaim(removed.vtep);
  ports_.remove_deviceless(removed.vtep.port);
  vteps_.erase(id);
}

std::vector<std::uint16_t> Overlay::udp_ports(std::uint32_t underlay) const {
  std::vector<std::uint16_t> ports;
  for (const auto& [id, vtep] : vteps_)
    if (vtep->request.underlay == underlay) ports.push_back(vtep->request.udp_port);
  return ports;
}

void Overlay::check_peers(const VtepState& state, std::span<const PeerChange> changes) const {
  std::set<IpAddress> named;
  std::size_t added = 0;
  for (const PeerChange& change : changes) {
    const std::string name = "peer " + to_text(change.address);
    const bool known = state.peers.contains(change.address);
    if (!named.insert(change.address).second) refuse(name + ": named twice");
    if (change.op == ChangeOp::kDelete ? !known : change.op == ChangeOp::kAdd && known)
      refuse(name + (known ? ": exists already" : ": does not exist"));
    if (change.op == ChangeOp::kDelete) continue;
    if (!state.vtep.has(change.address.ip6))
      refuse(name + ": VTEP " + state.request.name + " has no address of that family");
    if (change.address.is_unspecified() || change.address.is_multicast())
      refuse(name + ": not the address of a host");
    if (change.address == state.request.address4 || change.address == state.request.address6)
      refuse(name + ": that is VTEP " + state.request.name + " itself");
    added += !known;
  }
  std::size_t peers = added;
  for (const auto& [id, vtep] : vteps_) peers += vtep->peers.size();
  if (peers > kMaxPeers)
    throw std::length_error(std::to_string(peers) + " peers; at most " + std::to_string(kMaxPeers) +
                            " are possible");
}

void Overlay::apply_peers(std::uint32_t vtep, std::span<const PeerChange> changes) {
  VtepState& changed = state(vtep);
  check_peers(changed, changes);
  remove_peers(changed, changes);  // first: their numbers are free for the others
  for (const PeerChange& change : changes)
    if (change.op != ChangeOp::kDelete) put_peer(changed, change);
  changed.vtep.sources.publish();
  reclaim(changed.vtep);
}

// Nothing comes from them any more before what leads to them goes, or a worker could learn once
// more what has just been forgotten.
void Overlay::remove_peers(VtepState& state, std::span<const PeerChange> changes) {
  std::vector<std::uint16_t> gone;
  for (const PeerChange& change : changes) {
    if (change.op != ChangeOp::kDelete) continue;
    gone.push_back(state.peers.at(change.address));
    state.peers.erase(change.address);
    state.vtep.sources.erase(change.address);
  }
  if (gone.empty()) return;
  state.vtep.sources.publish();
  quiescence_.synchronize();
  for (const std::uint16_t peer : gone) {
    forget_peer(state, peer);
    tables_.release_peer(peer);
  }
  reclaim(state.vtep);
}

void Overlay::put_peer(VtepState& state, const PeerChange& change) {
  const auto known = state.peers.find(change.address);
  const std::uint16_t peer = known != state.peers.end() ? known->second : tables_.allocate_peer();
  tables_.publish_peer(peer, {change.address, change.mtu});
  state.peers[change.address] = peer;
  state.vtep.sources.set(change.address, peer);
}

void Overlay::forget_peer(const VtepState& state, std::uint16_t peer) {
  for (const auto& [network, vni] : vnis_) {
    if (vni->vxlan.vtep != &state.vtep) continue;
    vni->vxlan.fdb->flush(peer);
    if (!vni->flood || std::find(vni->flood->begin(), vni->flood->end(), peer) == vni->flood->end())
      continue;
    FloodList rest = *vni->flood;
    std::erase(rest, peer);
    publish_flood(*vni, std::move(rest));
  }
}

std::vector<PeerInfo> Overlay::list_peers(std::uint32_t vtep) const {
  std::vector<PeerInfo> list;
  for (const auto& [address, peer] : state(vtep).peers)
    list.push_back({address, tables_.peer(peer)->mtu});
  return list;
}

const PortConfig& Overlay::add_vni(std::uint32_t network, const VniRequest& request, Vrf* vrf,
                                   Bridge* bridge) {
  VtepState& home = state(request.vtep);
  if (vnis_.contains(network)) refuse("network " + std::to_string(network) + " has a VNI already");
  if (home.vtep.vnis.find(request.vni) != nullptr)
    refuse("VNI " + std::to_string(request.vni) + " is in use at VTEP " + home.request.name);
  auto created = std::make_unique<VniState>();
  created->vtep = request.vtep;
  created->bridge = bridge;
  if (bridge == nullptr) created->own_fdb = std::make_unique<Fdb>(kRouterFdb, 0);
  created->vxlan.vni = request.vni;
  created->vxlan.vtep = &home.vtep;
  created->vxlan.fdb = bridge != nullptr ? &bridge->fdb : created->own_fdb.get();
  created->vxlan.learning = request.learning;
  PortConfig config;
  config.vrf = vrf;
  config.bridge = bridge;
  config.uplink = true;
  config.spoof_check = false;
  config.mac = request.mac;
  config.mtu = request.mtu;
  config.vxlan = &created->vxlan;
  const PortConfig& port = ports_.add_deviceless(network, config);
  created->port = port.index;
  vnis_[network] = std::move(created);
  home.vtep.vnis.set(request.vni, port.index);
  home.vtep.vnis.publish();
  reclaim(home.vtep);
  return port;
}

void Overlay::remove_vni(std::uint32_t network,
                         const std::function<void(const PortConfig&)>& tables) {
  VniState& removed = vni_state(network);
  Vtep& vtep = state(removed.vtep).vtep;
  vtep.vnis.erase(removed.vxlan.vni);
  vtep.vnis.publish();
  reclaim(vtep);
  for (const auto& [address, peer] : state(removed.vtep).peers) removed.vxlan.fdb->flush(peer);
  tables(*ports_.config(removed.port));
  quiescence_.synchronize();
  ports_.remove_deviceless(removed.port);
  vnis_.erase(network);
}

const PortConfig* Overlay::port_of(std::uint32_t network) const {
  const auto found = vnis_.find(network);
  return found == vnis_.end() ? nullptr : ports_.config(found->second->port);
}

Fdb* Overlay::fdb_of(std::uint32_t network) const {
  const auto found = vnis_.find(network);
  return found == vnis_.end() ? nullptr : found->second->vxlan.fdb;
}

std::uint16_t Overlay::require_peer(std::uint32_t network, const IpAddress& address) const {
  const VtepState& vtep = state(vni_state(network).vtep);
  const auto found = vtep.peers.find(address);
  if (found == vtep.peers.end())
    refuse("VTEP " + vtep.request.name + " has no peer " + to_text(address));
  return found->second;
}

std::optional<IpAddress> Overlay::address_of(std::uint16_t fdb_port) const {
  if (!is_peer(fdb_port)) return std::nullopt;
  const VxlanPeer* peer = tables_.peer(fdb_port);
  return peer == nullptr ? std::nullopt : std::optional(peer->address);
}

void Overlay::set_flood(std::uint32_t network, std::span<const IpAddress> peers) {
  VniState& vni = vni_state(network);
  if (vni.bridge == nullptr)
    refuse("network " + std::to_string(network) + " is routed: nothing is flooded in it");
  std::set<std::uint16_t> numbers;
  for (const IpAddress& peer : peers) numbers.insert(require_peer(network, peer));
  publish_flood(vni, {numbers.begin(), numbers.end()});
}

void Overlay::publish_flood(VniState& vni, FloodList list) {
  auto next = std::make_unique<const FloodList>(std::move(list));
  vni.vxlan.flood.store(next.get(), std::memory_order_release);
  quiescence_.synchronize();
  vni.flood = std::move(next);
}

void Overlay::reclaim(Vtep& vtep) {
  quiescence_.synchronize();
  tables_.reclaim();
  vtep.sources.reclaim();
  vtep.vnis.reclaim();
}

}  // namespace millrace
