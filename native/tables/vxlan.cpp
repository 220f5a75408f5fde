#include "tables/vxlan.hpp"

namespace millrace {

std::size_t VtepAddressHash::operator()(const IpAddress& address) const {
  std::uint64_t words[2];
  std::memcpy(words, address.data(), 16);
  return mix_words(words[0] ^ static_cast<std::uint64_t>(address.ip6), words[1]);
}

Vxlan::Vxlan() : peers_(new std::atomic<const VxlanPeer*>[kMaxPeers]()), current_(kMaxPeers) {
  for (std::uint32_t i = kMaxPeers; i-- > 0;)
    free_.push_back(static_cast<std::uint16_t>(kMaxPorts + i));
}

Vxlan::~Vxlan() = default;

const Vtep* Vxlan::find(const Vrf* underlay, const IpAddress& address,
                        std::uint16_t udp_port) const {
  for (const auto& place : vteps_) {
    const Vtep* vtep = place.load(std::memory_order_acquire);
    if (vtep == nullptr || vtep->underlay != underlay || vtep->udp_port != udp_port) continue;
    const bool ours = address.ip6 ? vtep->has6 && vtep->address6 == address.bytes
                                  : vtep->has4 && vtep->address4 == load_be32(address.data());
    if (ours) return vtep;
  }
  return nullptr;
}

bool Vxlan::add(const Vtep* vtep) {
  for (auto& place : vteps_) {
    if (place.load(std::memory_order_relaxed) != nullptr) continue;
    place.store(vtep, std::memory_order_release);
    return true;
  }
  return false;
}

void Vxlan::remove(const Vtep* vtep) {
  for (auto& place : vteps_)
    if (place.load(std::memory_order_relaxed) == vtep)
      place.store(nullptr, std::memory_order_release);
}

std::uint16_t Vxlan::allocate_peer() {
  if (free_.empty()) return kNoPort;
  const std::uint16_t number = free_.back();
  free_.pop_back();
  return number;
}

void Vxlan::publish_peer(std::uint16_t fdb_port, const VxlanPeer& peer) {
  auto created = std::make_unique<const VxlanPeer>(peer);
  const std::size_t place = fdb_port - kMaxPorts;
  peers_[place].store(created.get(), std::memory_order_release);
  if (current_[place]) old_.push_back(std::move(current_[place]));
  current_[place] = std::move(created);
}

void Vxlan::release_peer(std::uint16_t fdb_port) {
  const std::size_t place = fdb_port - kMaxPorts;
  peers_[place].store(nullptr, std::memory_order_release);
  if (current_[place]) old_.push_back(std::move(current_[place]));
  released_.push_back(fdb_port);
}

void Vxlan::reclaim() {
  old_.clear();
  free_.insert(free_.end(), released_.begin(), released_.end());
  released_.clear();
}

}  // namespace millrace
