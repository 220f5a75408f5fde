#pragma once
// What the mirror of the kernel reports, and the interface that takes it. Everything is called on
// the mirror's own thread, one call at a time; spans and views hold for the call only.
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.hpp"

namespace millrace {

struct KernelNextHop {
  std::int32_t ifindex = 0;
  std::uint32_t weight = 1;  // at least 1
  bool has_gateway = false;
  bool gateway_ip6 = false;  // also of an IPv4 route (RFC 8950)
  bool onlink = false;
  std::array<std::uint8_t, 16> gateway{};  // IPv4: the first four bytes
  auto operator<=>(const KernelNextHop&) const = default;
};

// kOther: the kernel treats such packets in a way that is not mirrored (throw, tunnel
// encapsulation).
enum class KernelRouteType : std::uint8_t {
  kUnicast,
  kLocal,
  kBlackhole,
  kUnreachable,
  kProhibit,
  kOther
};

// The route that the kernel prefers for this prefix in this table: the lowest metric, of equal ones
// the first. Of a removed route only ip6, prefix, length and table are told.
struct KernelRoute {
  bool ip6 = false;
  std::array<std::uint8_t, 16> prefix{};  // IPv4: the first four bytes
  std::uint32_t length = 0;
  std::uint32_t table = 0;
  std::uint32_t metric = 0;
  KernelRouteType type = KernelRouteType::kUnicast;
  std::uint8_t protocol = 0;     // RTPROT_*
  std::uint32_t nexthop_id = 0;  // 0: none
  // Those that can be used now; members of a multipath route whose link is down are left out. A
  // unicast route without any cannot be used.
  std::span<const KernelNextHop> next_hops;
};

struct KernelNeighbour {
  std::int32_t ifindex = 0;
  bool ip6 = false;
  std::array<std::uint8_t, 16> address{};
  bool has_mac = false;
  Mac mac;
  std::uint16_t state = 0;  // NUD_*
  bool router = false;
  bool usable() const;  // has a MAC that the kernel would send to
  bool operator==(const KernelNeighbour&) const = default;
};

struct KernelLink {
  std::int32_t ifindex = 0;
  std::string name;
  bool up = false;        // admin_up and the lower layer is up
  bool admin_up = false;  // IFF_UP
  bool carrier = false;   // IFF_LOWER_UP or IFF_RUNNING
  bool loopback = false;
  std::uint32_t mtu = 0;
  Mac mac;
  std::int32_t master = 0;      // 0: none
  std::string kind;             // "veth", "vrf"; "" for hardware
  std::uint32_t vrf_table = 0;  // of a VRF device
  std::uint32_t rx_queues = 0;  // as allocated; how many are in use is told by ethtool channels
  bool operator==(const KernelLink&) const = default;
};

struct KernelAddress {
  std::int32_t ifindex = 0;
  bool ip6 = false;
  std::array<std::uint8_t, 16> address{};
  std::uint32_t length = 0;
  bool tentative = false;  // duplicate address detection is not over, or has failed (RFC 4862 5.4)
  bool operator==(const KernelAddress&) const = default;
};

class MirrorSink {
 public:
  virtual ~MirrorSink() = default;
  virtual void on_route(const KernelRoute& route, bool removed) = 0;
  virtual void on_neighbour(const KernelNeighbour& neighbour, bool removed) = 0;
  virtual void on_link(const KernelLink& link, bool removed) = 0;
  virtual void on_address(const KernelAddress& address, bool removed) = 0;
  // Between the two every living object is reported exactly once, links before addresses before
  // neighbours before routes. What has vanished meanwhile is reported as removed before the end.
  virtual void on_resync_begin() = 0;
  virtual void on_resync_end() = 0;
  // After each burst of messages and after each resync: the time to publish and to reclaim.
  virtual void on_batch_end() = 0;
  // The number of queues in use has changed (ethtool channels); 0: of an unknown link, look at all.
  virtual void on_channels_changed(std::int32_t ifindex) = 0;
  // What a device offers or takes has changed: its offloads (ethtool features), whether it takes
  // XDP frames. Of a veth also when its other end gets or loses an XDP program, or GRO. 0: of any.
  virtual void on_features_changed(std::int32_t) {}
  // FDB entries of a VXLAN device, neighbours of a bridge or routes through one have changed, or
  // the device has; 0: of any. Many changes are told as one, 20 ms after the first.
  virtual void on_fdb_changed(std::int32_t) {}
};

}  // namespace millrace
