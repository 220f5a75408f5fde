#pragma once
// The mirror without sockets: applies rtnetlink events to the image and reports what they change
// for forwarding. The kernel removes routes and nexthop objects without a word when a link goes
// down or an IPv4 address is deleted; the rules for that are here. As they are the kernel's inner
// affairs, any use of them asks for a verification, which is a new set of dumps compared with the
// image.
#include <functional>
#include <utility>

#include "link/mirror_image.hpp"

namespace millrace {

class MirrorState {
 public:
  explicit MirrorState(MirrorSink& sink) : sink_(sink) {}
  // Called now and then during long reports.
  void on_breathe(std::function<void()> breathe) { breathe_ = std::move(breathe); }
  // Routes of other tables are ignored. None: all tables.
  void set_tables(const std::set<std::uint32_t>& tables) { tables_ = tables; }

  // An event of a multicast group. False when it is of a kind that is not mirrored.
  // late: the image is newer than the event.
  bool apply(const nlmsghdr* message, bool late = false);

  // Puts what dumps have told in place of the image. Everything is reported (between resync_begin
  // and resync_end), or only what differs.
  enum class Report { kEverything, kDifferences };
  void adopt(MirrorImage&& fresh, Report report);

  // Since the last call: the image may be wrong, verify it when there is time.
  bool take_doubt() { return std::exchange(doubt_, false); }
  const MirrorImage& image() const { return image_; }

  // Devices whose bridge tables are no longer as they were at the last call; 0: any device.
  bool has_fdb_changes() const { return !fdb_changes_.empty(); }
  std::set<std::int32_t> take_fdb_changes() { return std::exchange(fdb_changes_, {}); }

 private:
  using Ids = NexthopTable::Ids;

  bool apply_link(const nlmsghdr* message, bool removed);
  bool apply_address(const nlmsghdr* message, bool removed);
  bool apply_neighbour(const nlmsghdr* message, bool removed);
  bool apply_nexthop(const nlmsghdr* message, bool removed);
  bool apply_route(const nlmsghdr* message, bool removed, bool late);
  template <std::size_t kBytes>
  void change_route(RouteStore<kBytes>& store, bool removed);

  bool note_fdb(const nlmsghdr* message);
  void note_link(const KernelLink& link);
  void note_bridge(std::int32_t ifindex);
  void note_route(const RouteMessage& route);

  void remove_nexthop(std::uint32_t id);
  void report_nexthops(const Ids& ids);

  // The rules for silent removals (fib_sync_down_dev, fib_sync_down_addr, nexthop_flush_dev,
  // fib6_ifdown of the kernel).
  void after_link(const KernelLink& before, const KernelLink& after, bool removed);
  void flush_nexthops(std::int32_t ifindex);
  void after_address_removal(const KernelAddress& address);
  enum class LinkEvent { kUp, kDown, kGone };
  template <std::size_t kBytes>
  void sync_paths(RouteStore<kBytes>& store, std::int32_t ifindex, LinkEvent event);
  template <std::size_t kBytes>
  void sync_path(RouteStore<kBytes>& store, std::uint32_t path, std::int32_t ifindex,
                 LinkEvent event);
  void withdraw_source(std::uint32_t address, std::uint32_t table);
  bool alive(const KernelNextHop& hop, bool ip6) const;

  template <std::size_t kBytes>
  void report(const RouteStore<kBytes>& store, std::uint32_t index);
  void report_removed(bool ip6, const RouteKey& key);
  template <std::size_t kBytes>
  void report_path(RouteStore<kBytes>& store, std::uint32_t path);
  template <std::size_t kBytes>
  void remove_path(RouteStore<kBytes>& store, std::uint32_t path);
  template <std::size_t kBytes>
  void erase(RouteStore<kBytes>& store, std::uint32_t index);
  void resolve(const RoutePath& path, bool ip6, KernelRoute& route);

  struct Changes;
  Changes changes_since(const MirrorImage& old, Report report) const;
  template <std::size_t kBytes>
  void adopt_routes(const RouteStore<kBytes>& old, const RouteStore<kBytes>& now,
                    const Changes& changes);
  void breathe();

  MirrorSink& sink_;
  std::function<void()> breathe_;
  unsigned reports_ = 0;
  std::set<std::uint32_t> tables_;
  MirrorImage image_;
  bool doubt_ = false;
  std::set<std::int32_t> fdb_changes_;
  RouteMessage message_;
  std::vector<KernelNextHop> hops_;
};

}  // namespace millrace
