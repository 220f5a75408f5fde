#pragma once
// The control side of the ring loops: networks, ports and what is in their tables. Every method may
// be called from any thread; each is complete when it returns and throws std::system_error,
// std::invalid_argument or std::length_error with nothing changed.
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/bridges.hpp"
#include "engine/control_thread.hpp"
#include "engine/dataplane_event.hpp"
#include "engine/device_changes.hpp"
#include "engine/fdb_changes.hpp"
#include "engine/overlay.hpp"
#include "engine/ports.hpp"
#include "engine/route_follower.hpp"
#include "engine/routing.hpp"
#include "engine/trace_types.hpp"
#include "link/kernel_mirror.hpp"
#include "tables/vrf.hpp"

namespace millrace {

struct NetworkRequest {
  std::string name;
  std::optional<IpAddress> gateway4;  // routed networks
  std::optional<IpAddress> gateway6;
  std::optional<BridgeRequest> bridge;
};

struct MirrorStatus {
  bool running = false;
  MirrorStatistics statistics;
  std::map<std::string, std::uint64_t> skipped;
};

class Dataplane {
 public:
  // counters: kMaxWorkers worker blocks followed by kMaxPorts port blocks for each worker and for
  // the flow lane, outliving the object. All workers have equal frames, frame_size and hugepages.
  // with_lane: whether any port will have a flow lane.
  Dataplane(CounterBlock* counters, const std::vector<WorkerOptions>& workers, bool with_lane);
  ~Dataplane();
  Dataplane(const Dataplane&) = delete;
  Dataplane& operator=(const Dataplane&) = delete;

  void start();
  void stop();
  // Called on threads of the dataplane, until stop().
  void on_event(std::function<void(const DataplaneEvent&)> listener);

  std::uint32_t add_network(const NetworkRequest& request);
  // Precondition checked: the network has no ports.
  void remove_network(std::uint32_t id);

  PortInfo add_port(const AddPortRequest& request);
  // Removes the routes to the port, detaches it, takes every frame back.
  void remove_port(std::uint16_t index);
  PortInfo move_port(std::uint16_t index, std::uint32_t queue, std::uint32_t worker);
  PortInfo sync_queues(std::uint16_t index, const std::vector<std::uint32_t>& workers);
  void set_prefixes(std::uint16_t index, const std::vector<Prefix>& prefixes);
  // Why there is no flow lane; empty when there is one.
  const std::string& lane_missing() { return lane().missing(); }
  // Brings the counters of the ports up to what has passed in the flow lane. Returns the number of
  // flows there.
  std::uint32_t count_flows();
  // How the port transmits. Nothing when it does not exist or has no device.
  std::optional<TransmitInfo> transmit(std::uint16_t index);
  // Nothing when the port does not exist or its device is gone.
  std::optional<xdp_statistics> statistics(std::uint16_t index);

  Routing& routing() { return routing_; }
  // The FDB of a bridged network, or the MAC addresses of the other VTEPs of a routed one.
  void apply_fdb(std::uint32_t id, std::span<const FdbChange> changes);
  std::vector<FdbInfo> list_fdb(std::uint32_t id);
  void apply_hosts(std::uint32_t id, std::span<const HostChange> changes);

  VtepInfo add_vtep(const VtepRequest& request);
  void remove_vtep(std::uint32_t id);
  void apply_peers(std::uint32_t vtep, std::span<const PeerChange> changes);
  std::vector<PeerInfo> list_peers(std::uint32_t vtep);
  // Returns the number of the port without a device.
  std::uint16_t add_vni(std::uint32_t id, const VniRequest& request);
  void remove_vni(std::uint32_t id);
  void set_flood(std::uint32_t id, std::span<const IpAddress> peers);

  void set_mirror(std::uint32_t id, std::uint32_t table);
  MirrorStatus mirror_status() const;
  TraceResult trace(const TraceRequest& request);

  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

 private:
  struct Network {
    std::string name;
    std::unique_ptr<Vrf> vrf;  // of a routed network
    Bridge* bridge = nullptr;  // of a bridged one
  };

  // Ends what the flow lane knows when it goes out of scope: after a change, also one that failed.
  struct LaneChange {
    explicit LaneChange(Dataplane& dataplane) : generation(dataplane.lane().table().generation()) {}
    ~LaneChange() { generation.changed(); }
    LaneChange(const LaneChange&) = delete;
    LaneChange& operator=(const LaneChange&) = delete;
    Generation& generation;
  };

  FlowLane& lane() { return ports_.factory().program().flow_lane(); }
  Network& network(std::uint32_t id);
  RouteFollower::Callbacks follower_callbacks();
  // Between a built port and the tables, the workers and the follower.
  PortInfo link(std::uint16_t index, const AddPortRequest& request);
  BuiltPort unlink(std::uint16_t index);
  void discard(std::unique_lock<std::mutex>& lock, std::uint16_t index);
  void write_prefixes(std::uint16_t index);
  void write_vteps(std::uint16_t index);
  void write_vteps_of(std::uint32_t underlay);
  void take_vtep(std::uint32_t id);
  Fdb& fdb_of(std::uint32_t id);
  std::uint16_t fdb_place(std::uint32_t id, const FdbChange& change) const;
  FdbInfo fdb_info(std::uint32_t id, const Fdb::Entry& entry) const;
  void set_node_addresses(const std::set<IpAddress>& addresses);
  void handle(const GraphEvent& event);
  void name_place(DataplaneEvent& told, const GraphEvent& event, const char* name,
                  const char* peer_name, std::uint16_t place);
  void tick();
  void every_second();
  void follow_devices(const std::set<std::int32_t>& changed);
  void tell_resyncs();
  void tell(const DataplaneEvent& event);

  CounterBlock* const lane_counters_;
  Umem umem_;
  FrameTable frames_;
  Exchange exchange_;
  Quiescence quiescence_;
  AdjacencyTable adjacencies_{kFirstAdjacency + kMaxPorts};
  std::vector<std::unique_ptr<SpscRing<GraphEvent>>> events_;
  std::vector<std::vector<std::uint64_t>> route_counters_;  // of each worker
  std::vector<const std::uint64_t*> route_counter_views_;
  std::mutex listener_mutex_;
  std::function<void(const DataplaneEvent&)> listener_;
  std::uint64_t resyncs_told_ = 0;  // by the control thread
  DeviceChanges device_changes_;
  ControlThread control_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Routing routing_;   // has a lock of its own
  std::mutex mutex_;  // everything below
  Ports ports_;
  TransmitBackends transmit_{workers_};
  Bridges bridges_;
  Overlay overlay_{ports_, quiescence_};
  std::map<std::uint32_t, Network> networks_;
  std::uint32_t next_network_ = 1;
  std::map<std::uint16_t, std::vector<Prefix>> prefixes_;  // of uplinks
  std::vector<Prefix> node_addresses_;
  std::uint32_t ticks_ = 0;
  std::uint32_t seconds_ = 0;
  RouteFollower follower_;
  std::unique_ptr<KernelMirror> mirror_;
};

}  // namespace millrace
