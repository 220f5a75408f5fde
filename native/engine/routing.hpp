#pragma once
// The control side of routing: what the API, the attachments and the mirror of the kernel say
// becomes entries of FIBs and adjacencies. Any thread may call; one lock inside orders them. Errors
// are std::invalid_argument (it makes no sense) and std::length_error (there is no room), name the
// prefix or address, and leave everything as it was.
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/port.hpp"
#include "engine/routing_fib.hpp"
#include "engine/routing_types.hpp"

namespace millrace {

class Routing {
 public:
  struct Options {
    AdjacencyTable& adjacencies;
    // Returns when every worker has passed a quiescent state. Called with the lock held: it must
    // not call back.
    std::function<void()> synchronize = [] {};
    // One array for each worker: packets and bytes by number of the counter.
    const std::uint64_t* const* counters = nullptr;
    std::uint32_t workers = 0;
    std::uint32_t counted_routes = 0;  // as many fit into the arrays
  };
  explicit Routing(const Options& options);

  // Gateways are local from here on. The VRF must outlive remove_vrf().
  void add_vrf(Vrf& vrf);
  // Its ports are gone. Throws while another VRF leaks into it.
  void remove_vrf(std::uint32_t id);
  void add_port(const PortConfig& config);
  // Routes that lead there go, groups shrink, neighbours are forgotten. Workers may let go of the
  // port when this returns.
  void remove_port(std::uint16_t index);
  void set_port_up(std::uint16_t index, bool up);

  // All changes or none.
  void apply(std::uint32_t vrf, std::span<const RouteChange> changes);
  void apply_neighbours(std::uint32_t vrf, std::span<const NeighbourChange> changes);
  RouteList list(std::uint32_t vrf, const RouteQuery& query) const;
  std::vector<NeighbourInfo> list_neighbours(std::uint32_t vrf);

  // What the kernel says. Cheap; publish() at the end of a burst.
  void set_kernel_route(std::uint32_t vrf, const Prefix& prefix, RouteType type,
                        std::span<const NextHop> hops);
  void remove_kernel_route(std::uint32_t vrf, const Prefix& prefix);
  // Kernel routes that are not set again between the two go at the end.
  void begin_resync();
  void end_resync();
  void drop_kernel_routes(std::uint32_t vrf);
  void set_neighbour(std::uint16_t port, const IpAddress& address, const Mac& mac);
  void remove_neighbour(std::uint16_t port, const IpAddress& address);
  // Addresses of the node: packets to them are for the gateway itself, as long as anybody says so.
  void set_local(std::uint32_t vrf, const IpAddress& address, LocalOwner owner = LocalOwner::kLink);
  void remove_local(std::uint32_t vrf, const IpAddress& address,
                    LocalOwner owner = LocalOwner::kLink);
  // Waits for the workers and frees what they may have been using.
  void publish();

  // Neighbours that traffic has used since the last call. fn(port, address), without the lock.
  void collect_used(const std::function<void(std::uint16_t, const IpAddress&)>& fn);

 private:
  struct Network {
    explicit Network(Vrf& vrf) : fib(vrf) {}
    RoutingFib fib;
    // Neighbours with a MAC behind uplinks: those that may have a route of their own.
    std::set<std::pair<IpAddress, std::uint16_t>> neighbours{};
    std::map<IpAddress, std::set<LocalOwner>> locals{};
  };
  // What a batch comes down to: the last word for each prefix and source.
  using Outcome = std::map<std::pair<Prefix, RouteSource>, const RouteChange*>;
  struct Step {
    Prefix prefix;
    RouteSource source;
    std::optional<FibRoute> before;
    std::optional<FibRoute> after;
  };
  class Batch;

  Network& network_of(std::uint32_t vrf);
  const Network& network_of(std::uint32_t vrf) const;

  // routing_validate.cpp
  Outcome validate(const Network& network, std::span<const RouteChange> changes) const;
  void check_change(const Network& network, const RouteChange& change) const;
  void check_next_hops(const Network& network, const RouteChange& change) const;
  void check_leaks(const Network& network, const Outcome& outcome) const;
  bool leaks_on(const Network& network, const Outcome& outcome, const Prefix& prefix) const;
  void check_neighbours(const Network& network, std::span<const NeighbourChange> changes);

  std::uint32_t target_of(const RouteChange& change, std::uint32_t before);
  void remember_counter(std::uint32_t number);
  void put(Network& network, const Prefix& prefix, const FibRoute& route);
  void put_local(Network& network, const IpAddress& address, LocalOwner owner);
  bool take(Network& network, const Prefix& prefix, RouteSource source);
  template <class Unwanted>
  void sweep(Network& network, Unwanted unwanted);
  void changed();
  void publish_now();

  // routing_neighbours.cpp
  void set_mac(std::uint16_t port, const IpAddress& address, bool by_kernel, const Mac* mac);
  void update_host_route(Network& network, Neighbour& neighbour);
  void revisit_neighbours(Network& network, const Prefix& prefix);
  bool wants_host_route(const Network& network, const Neighbour& neighbour) const;

  // routing_list.cpp
  RouteInfo info_of(const Prefix& prefix, const FibRoute& route) const;
  NextHopInfo info_of(const NextHop& hop) const;
  std::pair<std::uint64_t, std::uint64_t> counted(std::uint32_t counter) const;

  const Options options_;
  mutable std::mutex mutex_;
  NextHops next_hops_;
  std::map<std::uint32_t, Network> networks_;
  // What the counters showed when their route came: only workers may set them to zero.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> baselines_;
  std::uint8_t generation_ = 0;
  std::uint32_t changes_ = 0;  // since the last reclaim
};

}  // namespace millrace
