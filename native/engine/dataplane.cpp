#include "engine/dataplane.hpp"

#include "engine/cpu_placement.hpp"
#include "engine/errors.hpp"
#include "engine/tracer.hpp"
#include "link/xdp_features.hpp"

namespace millrace {

namespace {

// Events that a worker may have under way to the control side.
constexpr std::uint32_t kEvents = 256;
// Routes that can be counted; each costs 16 bytes per worker.
constexpr std::uint32_t kCountedRoutes = 4096;
// No kernel table has this number: the mirror follows links, neighbours and addresses alone.
constexpr std::uint32_t kNoTable = 0;

std::uint32_t total_frames(const std::vector<WorkerOptions>& workers) {
  if (workers.empty() || workers.size() > kMaxWorkers)
    throw std::invalid_argument("workers: 1 to " + std::to_string(kMaxWorkers) + " accepted");
  return workers.front().frames * static_cast<std::uint32_t>(workers.size());
}

std::vector<std::uint32_t> or_none(std::vector<std::uint32_t> tables) {
  if (tables.empty()) tables.push_back(kNoTable);
  return tables;
}

const char* name_of(RouteFollower::LinkChange change) {
  static constexpr const char* kNames[] = {"gone", "down", "up", "queues"};
  return kNames[static_cast<std::size_t>(change)];
}

}  // namespace

Dataplane::Dataplane(CounterBlock* counters, const std::vector<WorkerOptions>& workers,
                     bool with_lane)
    : lane_counters_(counters + kMaxWorkers + workers.size() * kMaxPorts),
      umem_(total_frames(workers), workers.front().frame_size, workers.front().hugepages),
      frames_(umem_.frames(), &umem_),
      exchange_(static_cast<std::uint32_t>(workers.size()), workers.front().frames),
      quiescence_(static_cast<std::uint32_t>(workers.size()) + 1),  // and the tracer
      route_counters_(workers.size(), std::vector<std::uint64_t>(kCountedRoutes * 2)),
      control_(events_),
      routing_([&] {
        for (const auto& counters_of : route_counters_)
          route_counter_views_.push_back(counters_of.data());
        return Routing::Options{adjacencies_, [this] { quiescence_.synchronize(); },
                                route_counter_views_.data(),
                                static_cast<std::uint32_t>(workers.size()), kCountedRoutes};
      }()),
      ports_({workers_, umem_, exchange_, counters + kMaxWorkers, with_lane}),
      follower_(routing_, follower_callbacks()) {
  adjacencies_.changes.watch(&lane().table().generation());
  for (std::uint32_t i = 0; i < workers.size(); ++i) {
    events_.push_back(std::make_unique<SpscRing<GraphEvent>>(kEvents));
    const Graph::Shared graph{adjacencies_,
                              counters + kMaxWorkers + i * kMaxPorts,
                              route_counters_[i].data(),
                              events_.back().get(),
                              &overlay_.tables(),
                              lane().missing().empty() ? &lane().table() : nullptr};
    const WorkerShared shared{umem_, frames_, exchange_, quiescence_, &control_.bell()};
    workers_.push_back(std::make_unique<Worker>(i, workers[i], shared, graph, counters + i));
  }
}

Dataplane::~Dataplane() {
  stop();
  adjacencies_.changes.watch(nullptr);  // the memory of the flow lane goes before they do
}

void Dataplane::on_event(std::function<void(const DataplaneEvent&)> listener) {
  const std::lock_guard lock(listener_mutex_);
  listener_ = std::move(listener);
}

void Dataplane::tell(const DataplaneEvent& event) {
  const std::lock_guard lock(listener_mutex_);
  if (listener_) listener_(event);
}

void Dataplane::start() {
  try {
    for (auto& worker : workers_) worker->start();
  } catch (...) {
    for (auto& worker : workers_) worker->stop();
    throw;
  }
  std::vector<int> cpus;
  for (const auto& worker : workers_) cpus.push_back(worker->options.cpu);
  const KeepOff loops(cpus);
  mirror_ = std::make_unique<KernelMirror>(follower_,
                                           MirrorOptions{.tables = or_none(follower_.tables())});
  mirror_->start();
  control_.start({.handle = [this](const GraphEvent& event) { handle(event); },
                  .tick = [this] { tick(); },
                  .soon = [this] { follow_devices(device_changes_.take()); }});
}

// First whoever changes tables, then the ports, whose frames are the workers'.
void Dataplane::stop() {
  if (mirror_) mirror_->stop();
  control_.stop();
  for (auto& worker : workers_) worker->stop();
  const std::lock_guard lock(mutex_);
  for (std::uint16_t i = 0; i < kMaxPorts; ++i) {
    if (ports_.config(i) == nullptr || !ports_.config(i)->has_device) continue;
    ports_.close(i, unlink(i));
    ports_.release(i);
  }
  transmit_.close();
}

Dataplane::Network& Dataplane::network(std::uint32_t id) {
  const auto found = networks_.find(id);
  if (found == networks_.end())
    throw std::invalid_argument("network " + std::to_string(id) + " does not exist");
  return found->second;
}

std::uint32_t Dataplane::add_network(const NetworkRequest& request) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t id = next_network_++;
  Network created{request.name, nullptr, nullptr};
  if (request.bridge) {
    created.bridge = &bridges_.add(id, *request.bridge);
  } else {
    created.vrf = std::make_unique<Vrf>();
    Vrf& vrf = *created.vrf;
    vrf.id = id;
    vrf.fib4.changes.watch(&lane().table().generation());
    vrf.fib6.changes.watch(&lane().table().generation());
    vrf.has_gateway4 = request.gateway4.has_value();
    if (request.gateway4) vrf.gateway4 = load_be32(request.gateway4->data());
    vrf.has_gateway6 = request.gateway6.has_value();
    if (request.gateway6) vrf.gateway6 = request.gateway6->bytes;
    routing_.add_vrf(vrf);
  }
  networks_[id] = std::move(created);
  return id;
}

void Dataplane::remove_network(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const Network& removed = network(id);
  if (ports_.any_in(id)) throw_errno("network " + removed.name + " still has ports", EBUSY);
  if (removed.vrf) {
    follower_.set_mirror(id, 0);
    routing_.remove_vrf(id);
  } else {
    bridges_.remove(id);
  }
  networks_.erase(id);
}

PortInfo Dataplane::add_port(const AddPortRequest& request) {
  std::unique_lock lock(mutex_);
  const Network& home = network(request.network);
  Vrf* const vrf = home.vrf.get();
  Bridge* const bridge = home.bridge;
  const std::uint16_t index = ports_.reserve(request.network);
  lock.unlock();
  try {
    ports_.build(index, request, vrf, bridge);
  } catch (...) {
    lock.lock();
    ports_.release(index);
    throw;
  }
  lock.lock();
  try {
    return link(index, request);
  } catch (...) {
    discard(lock, index);
    throw;
  }
}

// The tables come first: the answer to a worker's first frame needs the adjacency of the port.
PortInfo Dataplane::link(std::uint16_t index, const AddPortRequest& request) {
  const LaneChange lane_change(*this);
  PortInfo info = ports_.attach(index, [&](const PortConfig& config) {
    if (config.bridge != nullptr)
      config.bridge->add_port({config, request.mac_limit});
    else
      routing_.add_port(config);
  });
  const PortConfig& config = ports_.require(index);
  if (XdpTakers takers; config.lane) lane().refresh(takers);
  if (config.vrf == nullptr || !config.uplink) {
    follower_.watch_port(info.ifindex, index);
    return info;
  }
  prefixes_[index] = {};
  write_prefixes(index);
  write_vteps(index);
  follower_.register_port(info.ifindex, index, config.vrf->id);
  return info;
}

// And they go last: until no worker receives from the port, answers lead to it.
BuiltPort Dataplane::unlink(std::uint16_t index) {
  Bridge* const bridge = ports_.require(index).bridge;
  follower_.unregister_port(index);
  prefixes_.erase(index);
  BuiltPort built = ports_.detach(index);
  transmit_.forget(index);
  if (bridge != nullptr)
    bridge->remove_port(index);
  else
    routing_.remove_port(index);
  lane().remove_device(index);
  lane().sweep(lane_counters_);
  return built;
}

void Dataplane::discard(std::unique_lock<std::mutex>& lock, std::uint16_t index) {
  BuiltPort built = unlink(index);
  lock.unlock();
  ports_.close(index, std::move(built));
  lock.lock();
  ports_.release(index);
}

void Dataplane::remove_port(std::uint16_t index) {
  std::unique_lock lock(mutex_);
  ports_.require(index);
  discard(lock, index);
}

PortInfo Dataplane::move_port(std::uint16_t index, std::uint32_t queue, std::uint32_t worker) {
  const std::lock_guard lock(mutex_);
  return ports_.move(index, queue, worker);
}

PortInfo Dataplane::sync_queues(std::uint16_t index, const std::vector<std::uint32_t>& workers) {
  const std::lock_guard lock(mutex_);
  return ports_.sync_queues(index, workers);
}

void Dataplane::set_prefixes(std::uint16_t index, const std::vector<Prefix>& prefixes) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  ports_.require(index);
  std::vector<Prefix> before = std::exchange(prefixes_[index], prefixes);
  try {
    write_prefixes(index);
  } catch (...) {  // those that found room go again
    prefixes_[index] = std::move(before);
    write_prefixes(index);
    throw;
  }
}

// What an uplink takes, and the node's own addresses, which it must not take.
void Dataplane::write_prefixes(std::uint16_t index) {
  ports_.factory().program().set_prefixes(index, {prefixes_[index], node_addresses_});
}

void Dataplane::set_node_addresses(const std::set<IpAddress>& addresses) {
  const std::lock_guard lock(mutex_);
  const LaneChange lane_change(*this);
  node_addresses_.clear();
  for (const IpAddress& address : addresses) node_addresses_.push_back(Prefix::host(address));
  for (const auto& [index, prefixes] : prefixes_) write_prefixes(index);
}

std::optional<TransmitInfo> Dataplane::transmit(std::uint16_t index) {
  const std::lock_guard lock(mutex_);
  if (ports_.config(index) == nullptr || !ports_.config(index)->has_device) return std::nullopt;
  return transmit_.info(ports_.transmit_of(index));
}

std::optional<xdp_statistics> Dataplane::statistics(std::uint16_t index) {
  const std::lock_guard lock(mutex_);
  return ports_.statistics(index);
}

void Dataplane::apply_hosts(std::uint32_t id, std::span<const HostChange> changes) {
  const std::lock_guard lock(mutex_);
  bridges_.apply_hosts(id, changes);
}

void Dataplane::set_mirror(std::uint32_t id, std::uint32_t table) {
  const std::lock_guard lock(mutex_);
  if (network(id).vrf == nullptr)
    throw std::invalid_argument("network " + network(id).name + " is bridged: it has no routes");
  follower_.set_mirror(id, table);
}

MirrorStatus Dataplane::mirror_status() const {
  if (!mirror_) return {};
  return {true, mirror_->statistics(), follower_.skipped()};
}

TraceResult Dataplane::trace(const TraceRequest& request) {
  const std::lock_guard lock(mutex_);
  std::vector<const PortConfig*> ports;
  for (std::uint16_t i = 0; i < kMaxPorts; ++i)
    if (const PortConfig* config = ports_.config(i)) ports.push_back(config);
  const auto reader = static_cast<std::uint32_t>(workers_.size());
  LaneTable* const lanes = lane().missing().empty() ? &lane().table() : nullptr;
  return Tracer({adjacencies_, routing_, overlay_.tables(), lanes, std::move(ports), coarse_clock(),
                 quiescence_, reader})
      .trace(request);
}

RouteFollower::Callbacks Dataplane::follower_callbacks() {
  RouteFollower::Callbacks callbacks;
  callbacks.resync = [this](const std::vector<std::uint32_t>& tables) {
    if (mirror_) mirror_->set_tables(or_none(tables));
  };
  callbacks.probe = [this](std::int32_t ifindex, const IpAddress& address) {
    if (mirror_) mirror_->probe(ifindex, address.ip6, address.bytes.bytes);
  };
  callbacks.host_addresses = [this](const auto& addresses) { set_node_addresses(addresses); };
  callbacks.link = [this](std::uint16_t port, std::int32_t ifindex,
                          RouteFollower::LinkChange change) {
    tell({"link",
          {{"port", static_cast<double>(port)}, {"ifindex", static_cast<double>(ifindex)}},
          {{"change", name_of(change)}}});
  };
  callbacks.features = [this](std::int32_t ifindex) {
    device_changes_.add(ifindex);
    control_.hurry();
  };
  callbacks.fdb = [this](std::int32_t ifindex) {
    tell({"kernel-fdb", {{"ifindex", static_cast<double>(ifindex)}}, {}});
  };
  return callbacks;
}

}  // namespace millrace
