#include "engine/dataplane.hpp"

#include <sys/socket.h>

#include "engine/errors.hpp"

namespace millrace {

namespace {

// Given to a new port for its self-test and its first receptions.
constexpr std::uint32_t kFirstFrames = 16;

Prefix host_prefix(Ip4 address) {
  Prefix prefix{false, {}, 32};
  store_be32(prefix.bytes.data(), address);
  return prefix;
}

// A socket whose device is gone is unbound for ever, and nothing can be shared with it.
bool is_bound(int socket) {
  return ::recvfrom(socket, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr) == 0 || errno != ENXIO;
}

Prefix host_prefix(const Ip6& address) {
  return {true, address.bytes, 128};
}

}  // namespace

Dataplane::Dataplane(CounterBlock* counters, const std::vector<WorkerOptions>& workers)
    : counters_(counters) {
  if (workers.empty() || workers.size() > kMaxWorkers)
    throw std::invalid_argument("workers: 1 to " + std::to_string(kMaxWorkers) + " accepted");
  for (std::uint32_t i = 0; i < workers.size(); ++i)
    workers_.push_back(std::make_unique<Worker>(i, workers[i], counters + kMaxPorts + i));
}

// Ports go before the workers whose memory they use.
Dataplane::~Dataplane() {
  stop();
}

void Dataplane::start() {
  for (auto& worker : workers_) worker->start();
}

void Dataplane::stop() {
  for (auto& worker : workers_) worker->stop();
  const std::lock_guard lock(mutex_);
  for (std::uint16_t i = 0; i < kMaxPorts; ++i) {
    if (!ports_[i] || !ports_[i]->built.port) continue;
    workers_[ports_[i]->worker]->remove_port(*ports_[i]->built.port);
    ports_[i].reset();
  }
}

Dataplane::Network& Dataplane::network(std::uint32_t id) {
  const auto found = networks_.find(id);
  if (found == networks_.end())
    throw std::invalid_argument("network " + std::to_string(id) + " does not exist");
  return *found->second;
}

std::uint32_t Dataplane::add_network(const NetworkRequest& request) {
  if (request.worker >= workers_.size())
    throw std::invalid_argument("worker " + std::to_string(request.worker) + ": there are " +
                                std::to_string(workers_.size()));
  auto created = std::make_unique<Network>();
  created->worker = request.worker;
  Vrf& vrf = created->vrf;
  if (request.gateway4) {
    vrf.has_gateway4 = true;
    vrf.gateway4 = *request.gateway4;
    insert(vrf, host_prefix(vrf.gateway4), kNextHopLocal);
  }
  if (request.gateway6) {
    vrf.has_gateway6 = true;
    vrf.gateway6 = *request.gateway6;
    insert(vrf, host_prefix(vrf.gateway6), kNextHopLocal);
  }
  const std::lock_guard lock(mutex_);
  networks_[next_network_] = std::move(created);
  return next_network_++;
}

void Dataplane::remove_network(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  network(id);
  for (const auto& entry : ports_)
    if (entry && entry->network == id)
      throw_errno("network " + std::to_string(id) + " still has ports", EBUSY);
  networks_.erase(id);
}

std::uint16_t Dataplane::reserve_slot(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t worker = network(id).worker;
  for (std::uint16_t i = 0; i < kMaxPorts; ++i) {
    if (ports_[i]) continue;
    ports_[i] = std::make_unique<Entry>(Entry{id, worker, {}});
    for (auto& slot : counters_[i].slots) slot.store(0, std::memory_order_relaxed);
    return i;
  }
  throw_errno("all " + std::to_string(kMaxPorts) + " ports are in use", ENOSPC);
}

void Dataplane::release_slot(std::uint16_t index) {
  const std::lock_guard lock(mutex_);
  ports_[index].reset();
}

int Dataplane::find_sharer(std::uint32_t worker, bool zero_copy) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : ports_) {
    if (!entry || !entry->built.port || entry->worker != worker) continue;
    if ((entry->built.mode == PortMode::kZeroCopy) != zero_copy) continue;
    const int fd = entry->built.port->poll_fd();
    if (is_bound(fd)) return fd;
  }
  return -1;
}

PortConfig Dataplane::config_of(const AddPortRequest& request, std::uint16_t index, Vrf& vrf) {
  PortConfig config;
  config.index = index;
  config.mtu = request.mtu;
  config.mac = request.mac;
  config.peer_mac = request.peer_mac;
  config.has_ip4 = request.peer_ip4.has_value();
  config.peer_ip4 = request.peer_ip4.value_or(0);
  config.has_ip6 = request.peer_ip6.has_value();
  config.peer_ip6 = request.peer_ip6.value_or(Ip6{});
  config.vrf = &vrf;
  config.counters = &counters_[index];
  return config;
}

std::vector<std::uint32_t> Dataplane::lend_frames(Worker& worker, std::uint16_t index) {
  std::vector<std::uint32_t> frames;
  frames.reserve(kFirstFrames);
  worker.between_rounds([&] {
    while (frames.size() < kFirstFrames && worker.pool.available() > 0) {
      frames.push_back(worker.pool.take());
      worker.pool.lend(frames.back(), index);
    }
  });
  if (frames.size() == kFirstFrames) return frames;
  reclaim(worker, index);
  throw_errno("the UMEM of " + std::to_string(worker.options.frames) +
                  " frames is used up: raise dataplane.frames",
              ENOBUFS);
}

void Dataplane::reclaim(Worker& worker, std::uint16_t index) {
  worker.between_rounds([&] { worker.pool.reclaim(index); });
}

PortInfo Dataplane::add_port(const AddPortRequest& request) {
  const std::uint16_t index = reserve_slot(request.network);
  Worker& worker = *workers_[ports_[index]->worker];
  try {
    Vrf* vrf = nullptr;
    {
      const std::lock_guard lock(mutex_);
      vrf = &network(request.network).vrf;
    }
    const auto frames = lend_frames(worker, index);
    BuiltPort built = factory_.build(
        request.port, config_of(request, index, *vrf), worker.umem, worker.pool,
        worker.options.ring_size, frames,
        [&](bool zero_copy) { return find_sharer(ports_[index]->worker, zero_copy); });
    worker.between_rounds([&] { worker.add_port(*built.port); });
    const std::lock_guard lock(mutex_);
    ports_[index]->built = std::move(built);
    const BuiltPort& kept = ports_[index]->built;
    return {index, kept.mode, kept.tx_checksum, kept.refused};
  } catch (...) {
    reclaim(worker, index);
    release_slot(index);
    throw;
  }
}

void Dataplane::remove_port(std::uint16_t index) {
  std::unique_lock lock(mutex_);
  if (index >= kMaxPorts || !ports_[index] || !ports_[index]->built.port)
    throw std::invalid_argument("port " + std::to_string(index) + " does not exist");
  erase_routes_to(index);
  Worker& worker = *workers_[ports_[index]->worker];
  BuiltPort built = std::move(ports_[index]->built);
  lock.unlock();
  worker.between_rounds([&] { worker.remove_port(*built.port); });
  built.link.reset();
  factory_.program_.forget(built.ifindex, index);
  {
    const std::lock_guard bind_lock(factory_.bind_mutex_);
    built.port.reset();
  }
  reclaim(worker, index);
  release_slot(index);
}

void Dataplane::erase_routes_to(std::uint16_t index) {
  Network& home = network(ports_[index]->network);
  for (auto route = home.routes.begin(); route != home.routes.end();) {
    const auto next = std::next(route);
    if (route->second == index) erase(home, Prefix(route->first));
    route = next;
  }
}

void Dataplane::insert(Vrf& vrf, const Prefix& prefix, std::uint32_t next_hop) {
  (prefix.ip6 ? vrf.fib6 : vrf.fib4).insert(prefix.bytes.data(), prefix.length, next_hop);
}

void Dataplane::add_route(std::uint32_t id, const Prefix& prefix, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  Network& home = network(id);
  if (port >= kMaxPorts || !ports_[port] || !ports_[port]->built.port ||
      ports_[port]->network != id)
    throw std::invalid_argument("port " + std::to_string(port) + " is not in network " +
                                std::to_string(id));
  insert(home.vrf, prefix, kFirstAdjacency + port);
  home.routes[prefix] = port;
}

void Dataplane::remove_route(std::uint32_t id, const Prefix& prefix) {
  const std::lock_guard lock(mutex_);
  Network& home = network(id);
  if (!home.routes.contains(prefix)) throw std::invalid_argument("no such route");
  erase(home, prefix);
}

void Dataplane::erase(Network& home, const Prefix& prefix) {
  Lpm& fib = prefix.ip6 ? home.vrf.fib6 : home.vrf.fib4;
  fib.erase(prefix.bytes.data(), prefix.length);
  home.routes.erase(prefix);
  workers_[home.worker]->between_rounds([&] { fib.reclaim(); });
}

std::optional<xdp_statistics> Dataplane::statistics(std::uint16_t index) {
  const std::lock_guard lock(mutex_);
  if (index >= kMaxPorts || !ports_[index] || !ports_[index]->built.port) return std::nullopt;
  xdp_statistics statistics{};
  socklen_t length = sizeof(statistics);
  const int fd = ports_[index]->built.port->poll_fd();
  if (::getsockopt(fd, SOL_XDP, XDP_STATISTICS, &statistics, &length) != 0) return std::nullopt;
  return statistics;
}

}  // namespace millrace
