#pragma once
// What the workers know of an overlay (RFC 7348): the VTEPs of this node, the VTEPs of others that
// they talk to (peers), and the network behind each VNI. One control thread changes it.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "engine/counters.hpp"
#include "tables/fdb.hpp"
#include "tables/next_hops_address.hpp"
#include "tables/snapshot_map.hpp"

namespace millrace {

struct Vrf;

// In an FDB a peer is a port number behind those of the ports.
constexpr std::uint32_t kMaxPeers = 4096;
constexpr bool is_peer(std::uint16_t port) {
  return port >= kMaxPorts && port < kMaxPorts + kMaxPeers;
}

constexpr std::uint32_t kMaxVteps = 4;
constexpr std::uint32_t kUdpHeader = 8;
constexpr std::uint32_t kVxlanHeader = 8;

// Outer Ethernet, IP, UDP and VXLAN in front of the inner Ethernet header.
constexpr std::uint32_t vxlan_headers(bool ip6) {
  return 14 + (ip6 ? 40 : 20) + kUdpHeader + kVxlanHeader;
}

// The VTEP of another node. Immutable; a change publishes a new one.
struct VxlanPeer {
  IpAddress address{};
  std::uint32_t mtu = 0;  // longest outer IP packet that reaches it; 0: unknown
};

struct VtepAddressHash {
  std::size_t operator()(const IpAddress& address) const;
};
struct VniHash {
  std::size_t operator()(std::uint32_t vni) const { return mix_words(vni, 0); }
};

enum class UdpChecksum : std::uint8_t { kAuto, kAlways, kNever };

// One of ours. What is not atomic is constant while workers see it.
struct Vtep {
  const Vrf* underlay = nullptr;
  std::uint16_t port = 0;  // counts what is dropped on the way through the underlay
  std::uint16_t udp_port = 4789;
  bool has4 = false;
  bool has6 = false;
  Ip4 address4 = 0;
  Ip6 address6{};
  UdpChecksum udp_checksum = UdpChecksum::kAuto;
  std::uint8_t ttl = 64;
  int dscp = -1;  // of the outer header; -1: that of the inner one (RFC 2983)
  bool nested = false;

  SnapshotMap<IpAddress, std::uint16_t, VtepAddressHash> sources;  // peer as FDB port
  SnapshotMap<std::uint32_t, std::uint16_t, VniHash> vnis;         // port of the network

  bool has(bool ip6) const { return ip6 ? has6 : has4; }
  bool sends_checksum(bool ip6) const {
    return udp_checksum == UdpChecksum::kAlways || (ip6 && udp_checksum == UdpChecksum::kAuto);
  }
};

// Who gets a copy of what is flooded.
using FloodList = std::vector<std::uint16_t>;

// A network's part in an overlay, PortConfig::vxlan of its port.
struct VxlanPort {
  std::uint32_t vni = 0;
  const Vtep* vtep = nullptr;
  Fdb* fdb = nullptr;  // which peer a MAC address is behind
  bool learning = true;
  std::atomic<const FloodList*> flood{nullptr};
};

class Vxlan {
 public:
  Vxlan();
  ~Vxlan();
  Vxlan(const Vxlan&) = delete;
  Vxlan& operator=(const Vxlan&) = delete;

  // Any thread; valid until the caller's next quiescent state. The VTEP that a packet for this
  // address and UDP port of the VRF is for; null when there is none.
  const Vtep* find(const Vrf* underlay, const IpAddress& address, std::uint16_t udp_port) const;
  // By its number in an FDB. Null when it is gone.
  const VxlanPeer* peer(std::uint16_t fdb_port) const {
    return peers_[fdb_port - kMaxPorts].load(std::memory_order_acquire);
  }

  // Control thread only from here on. A place among kMaxVteps; false when all are taken.
  bool add(const Vtep* vtep);
  void remove(const Vtep* vtep);
  // A free number as FDB port; kNoPort when all are taken. Given out again after reclaim().
  std::uint16_t allocate_peer();
  void publish_peer(std::uint16_t fdb_port, const VxlanPeer& peer);
  void release_peer(std::uint16_t fdb_port);
  // Precondition: every worker has passed a quiescent state since the last change.
  void reclaim();

 private:
  std::array<std::atomic<const Vtep*>, kMaxVteps> vteps_{};
  std::unique_ptr<std::atomic<const VxlanPeer*>[]> peers_;
  std::vector<std::unique_ptr<const VxlanPeer>> current_;
  std::vector<std::unique_ptr<const VxlanPeer>> old_;
  std::vector<std::uint16_t> free_;
  std::vector<std::uint16_t> released_;
};

}  // namespace millrace
