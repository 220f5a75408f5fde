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
  reclaim(removed.vtep);
  ports_.remove_deviceless(removed.vtep.port);
  vteps_.erase(id);
}

std::vector<XdpProgram::VtepAddress> Overlay::vteps_in(std::uint32_t underlay) const {
  std::vector<XdpProgram::VtepAddress> found;
  for (const auto& [id, vtep] : vteps_)
    if (const VtepRequest& request = vtep->request; request.underlay == underlay)
      found.push_back({request.address4, request.address6, request.udp_port});
  return found;
}

bool Overlay::has_address(std::uint32_t underlay, const IpAddress& address) const {
  return std::any_of(vteps_.begin(), vteps_.end(), [&](const auto& item) {
    const VtepRequest& request = item.second->request;
    return request.underlay == underlay &&
           (request.address4 == address || request.address6 == address);
  });
}

void Overlay::check_peers(const VtepState& state, std::span<const PeerChange> changes) const {
  std::set<IpAddress> named;
  std::size_t peers = 0;
  for (const auto& [id, vtep] : vteps_) peers += vtep->peers.size();
  for (const PeerChange& change : changes) {
    const std::string name = "peer " + to_text(change.address);
    const bool known = state.peers.contains(change.address);
    if (!named.insert(change.address).second) refuse(name + ": named twice");
    if (change.op == ChangeOp::kDelete ? !known : change.op == ChangeOp::kAdd && known)
      refuse(name + (known ? ": exists already" : ": does not exist"));
    if (change.op == ChangeOp::kDelete) {
      --peers;
      continue;
    }
    if (!state.vtep.has(change.address.ip6))
      refuse(name + ": VTEP " + state.request.name + " has no address of that family");
    if (change.address.is_unspecified() || change.address.is_multicast())
      refuse(name + ": not the address of a host");
    if (change.address == state.request.address4 || change.address == state.request.address6)
      refuse(name + ": that is VTEP " + state.request.name + " itself");
    peers += !known;
  }
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
  forget_peers(state, gone);
  for (const std::uint16_t peer : gone) tables_.release_peer(peer);
  reclaim(state.vtep);
}

void Overlay::put_peer(VtepState& state, const PeerChange& change) {
  const auto known = state.peers.find(change.address);
  const std::uint16_t peer = known != state.peers.end() ? known->second : tables_.allocate_peer();
  tables_.publish_peer(peer, {change.address, change.mtu});
  state.peers[change.address] = peer;
  state.vtep.sources.set(change.address, peer);
}

// All at once: each network's table is walked once, and the workers are waited for once.
void Overlay::forget_peers(const VtepState& state, std::span<const std::uint16_t> peers) {
  const std::set<std::uint16_t> gone(peers.begin(), peers.end());
  std::vector<std::unique_ptr<const FloodList>> old;
  for (const auto& [network, vni] : vnis_) {
    if (vni->vxlan.vtep != &state.vtep) continue;
    vni->vxlan.fdb->flush(gone);
    FloodList rest = vni->flood ? *vni->flood : FloodList{};
    if (std::erase_if(rest, [&](std::uint16_t peer) { return gone.contains(peer); }) != 0)
      old.push_back(publish_flood(*vni, std::move(rest)));
  }
  quiescence_.synchronize();
}

std::vector<PeerInfo> Overlay::list_peers(std::uint32_t vtep) const {
  std::vector<PeerInfo> list;
  for (const auto& [address, peer] : state(vtep).peers)
    list.push_back({address, tables_.peer(peer)->mtu});
  return list;
}

const PortConfig& Overlay::add_vni(std::uint32_t network, const VniRequest& request, Vrf* vrf,
                                   Bridge* bridge,
                                   const std::function<void(const PortConfig&)>& tables) {
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
  tables(port);
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
  std::set<std::uint16_t> peers;
  for (const auto& [address, peer] : state(removed.vtep).peers) peers.insert(peer);
  removed.vxlan.fdb->flush(peers);
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
  const auto old = publish_flood(vni, {numbers.begin(), numbers.end()});
  quiescence_.synchronize();
}

std::unique_ptr<const FloodList> Overlay::publish_flood(VniState& vni, FloodList list) {
  auto next = std::make_unique<const FloodList>(std::move(list));
  vni.vxlan.flood.store(next.get(), std::memory_order_release);
  return std::exchange(vni.flood, std::move(next));
}

void Overlay::reclaim(Vtep& vtep) {
  quiescence_.synchronize();
  tables_.reclaim();
  vtep.sources.reclaim();
  vtep.vnis.reclaim();
}

}  // namespace millrace
