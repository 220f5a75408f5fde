#pragma once
// Takes what the mirror of the kernel reports into the VRFs that follow one of its tables:
// interfaces become ports, tables become VRFs, and what Millrace cannot forward is left out and
// counted. The kernel's thread calls the sink, any thread the rest. Callbacks are made without a
// lock held.
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/routing.hpp"
#include "link/kernel_mirror_sink.hpp"

namespace millrace {

class RouteFollower final : public MirrorSink {
 public:
  enum class LinkChange : std::uint8_t { kGone, kDown, kUp, kQueues };
  struct Callbacks {
    // Everything is to be reported again, of these tables (and no other is of interest).
    std::function<void(const std::vector<std::uint32_t>& tables)> resync = [](const auto&) {};
    std::function<void(std::int32_t ifindex, const IpAddress& address)> probe =
        [](std::int32_t, const IpAddress&) {};
    // The node's own addresses, of all its interfaces: packets to them are the kernel's.
    std::function<void(const std::set<IpAddress>& addresses)> host_addresses = [](const auto&) {};
    std::function<void(std::uint16_t port, std::int32_t ifindex, LinkChange change)> link =
        [](std::uint16_t, std::int32_t, LinkChange) {};
    // See MirrorSink::on_features_changed(); of the ports alone.
    std::function<void(std::int32_t ifindex)> features = [](std::int32_t) {};
    // See MirrorSink::on_fdb_changed().
    std::function<void(std::int32_t ifindex)> fdb = [](std::int32_t) {};
  };
  RouteFollower(Routing& routing, Callbacks callbacks)
      : routing_(routing), callbacks_(std::move(callbacks)) {}

  // An uplink of a routed network, known to Routing already: routes, neighbours and addresses.
  void register_port(std::int32_t ifindex, std::uint16_t port, std::uint32_t vrf);
  // Any other port: its link only.
  void watch_port(std::int32_t ifindex, std::uint16_t port);
  // Before Routing::remove_port(). Safe when not registered.
  void unregister_port(std::uint16_t port);
  // The VRF follows this table of the kernel; 0: none any longer, and its kernel routes go. With 0
  // before Routing::remove_vrf().
  void set_mirror(std::uint32_t vrf, std::uint32_t table);

  // Has the kernel verify, or find, a neighbour.
  void probe(std::uint16_t port, const IpAddress& address);
  // Routes not taken since the last resync began, by reason.
  std::map<std::string, std::uint64_t> skipped() const;
  std::vector<std::uint32_t> tables() const;

  void on_route(const KernelRoute& route, bool removed) override;
  void on_neighbour(const KernelNeighbour& neighbour, bool removed) override;
  void on_link(const KernelLink& link, bool removed) override;
  void on_address(const KernelAddress& told, bool removed) override;
  void on_resync_begin() override;
  void on_resync_end() override;
  void on_batch_end() override;
  void on_channels_changed(std::int32_t ifindex) override;
  void on_features_changed(std::int32_t ifindex) override;
  void on_fdb_changed(std::int32_t ifindex) override { callbacks_.fdb(ifindex); }

 private:
  struct Uplink {
    std::uint16_t port = 0;
    std::uint32_t vrf = 0;
    bool routed = false;
    bool up = true;
  };
  // In the order of kReasons.
  enum class Skip : std::uint8_t {
    kNone,
    kNotUplink,
    kPartly,
    kType,
    kNoNextHop,
    kLinkLocal,
    kTooMany,
    kRefused,
    kCount
  };

  const Uplink* uplink_of(std::int32_t ifindex) const;
  void add_port(std::int32_t ifindex, const Uplink& uplink);
  std::vector<std::uint32_t> tables_locked() const;
  void follow(const KernelRoute& route, const Prefix& prefix, std::uint32_t vrf);
  Skip translate(const KernelRoute& route, const Prefix& prefix, std::uint32_t vrf,
                 RouteType& type);
  Skip translate_hops(const KernelRoute& route, std::uint32_t vrf);
  void count(Skip reason) { ++skipped_[static_cast<std::size_t>(reason)]; }
  void own_address(const Uplink& uplink, const IpAddress& address, bool there);
  bool elsewhere(std::uint32_t vrf, std::int32_t ifindex, const IpAddress& address) const;
  void tell_host_addresses();

  Routing& routing_;
  const Callbacks callbacks_;
  mutable std::mutex mutex_;  // taken before that of Routing
  std::map<std::int32_t, Uplink> uplinks_;
  std::map<std::uint32_t, std::uint32_t> mirrors_;  // VRF to table
  std::set<std::pair<std::int32_t, IpAddress>> addresses_;
  bool addresses_changed_ = false;
  std::array<std::uint64_t, static_cast<std::size_t>(Skip::kCount)> skipped_{};
  std::vector<NextHop> hops_;  // of the route at hand
};

}  // namespace millrace
