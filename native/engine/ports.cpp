#include "engine/ports.hpp"

#include <sys/socket.h>

#include <algorithm>

#include "engine/errors.hpp"
#include "link/channels.hpp"

namespace millrace {

namespace {

// Given to a new queue for the self-test and its first receptions.
constexpr std::uint32_t kFirstFrames = 16;

// A socket whose device is gone is unbound for ever, and nothing can be shared with it.
bool is_bound(int socket) {
  return ::recvfrom(socket, nullptr, 0, MSG_DONTWAIT, nullptr, nullptr) == 0 || errno != ENXIO;
}

std::uint32_t queues_to_bind(const PortRequest& request, std::size_t workers) {
  if (workers == 0)
    throw std::invalid_argument("interface " + request.ifname + ": no worker for its queues");
  const std::uint32_t most =
      std::min<std::uint32_t>(static_cast<std::uint32_t>(workers), kQueuesPerPort);
  return std::min(most, receive_queues(request.bound()));
}

}  // namespace

std::uint16_t Ports::reserve(std::uint32_t network) {
  for (std::uint16_t i = 0; i < kMaxPorts; ++i) {
    if (entries_[i]) continue;
    entries_[i] = std::make_unique<Entry>();
    entries_[i]->network = network;
    // Of each worker, and of the flow lane.
    for (std::size_t worker = 0; worker <= context_.workers.size(); ++worker)
      for (auto& slot : context_.counters[worker * kMaxPorts + i].slots)
        slot.store(0, std::memory_order_relaxed);
    return i;
  }
  throw_errno("all " + std::to_string(kMaxPorts) + " ports are in use", ENOSPC);
}

Worker& Ports::worker(std::uint32_t index) const {
  if (index < context_.workers.size()) return *context_.workers[index];
  throw std::invalid_argument("worker " + std::to_string(index) + ": there are " +
                              std::to_string(context_.workers.size()));
}

std::vector<std::uint32_t> Ports::lend(std::uint32_t index, std::uint16_t lane) {
  std::vector<std::uint32_t> frames;
  frames.reserve(kFirstFrames);
  Worker& lender = worker(index);
  lender.between_rounds([&] {
    while (frames.size() < kFirstFrames && lender.pool.available() > 0) {
      frames.push_back(lender.pool.take());
      lender.pool.lend(frames.back(), lane);
    }
  });
  if (frames.size() == kFirstFrames) return frames;
  throw_errno("the " + std::to_string(lender.options.frames) + " frames of worker " +
                  std::to_string(index) + " are used up: raise dataplane.frames",
              ENOBUFS);
}

// Frames of other workers go home at the end of the round.
void Ports::reclaim(std::uint16_t index, std::uint32_t first_queue) {
  Worker& any = *context_.workers.front();
  const auto count = static_cast<std::uint16_t>(kQueuesPerPort - first_queue);
  any.between_rounds([&] { any.pool.reclaim(lane_of(index, first_queue), count); });
}

void Ports::build(std::uint16_t index, const AddPortRequest& request, Vrf* vrf, Bridge* bridge) {
  Entry& built = *entries_[index];
  built.config = request.config;
  built.config.index = index;
  built.config.vrf = vrf;
  built.config.bridge = bridge;
  for (const std::uint16_t vlan : request.tagged) built.tagged.set(vlan);
  built.config.tagged = request.trunk ? &built.tagged : nullptr;
  built.request = request.port;
  built.request.queues = queues_to_bind(request.port, request.workers.size());
  built.workers.assign(request.workers.begin(), request.workers.begin() + built.request.queues);
  try {
    PortFactory::Frames frames;
    for (std::uint32_t queue = 0; queue < built.workers.size(); ++queue)
      frames.push_back(lend(built.workers[queue], lane_of(index, queue)));
    built.built = factory_.build(
        built.request, built.config, context_.umem, context_.workers.front()->options.ring_size,
        frames,
        [this](bool zero_copy, bool multi_buffer) { return find_sharer(zero_copy, multi_buffer); });
  } catch (...) {
    reclaim(index);
    throw;
  }
}

PortInfo Ports::attach(std::uint16_t index, const std::function<void(const PortConfig&)>& tables) {
  Entry& built = *entries_[index];
  built.attached = true;  // whatever fails from here on, detach() undoes
  tables(built.config);
  for (std::uint32_t queue = 0; queue < built.workers.size(); ++queue)
    give(built, queue, built.workers[queue]);
  wire(built);
  offer_sharing(built);
  return describe(built);
}

// Its own queue, or the way to a worker that has one. One source worker uses one queue only, so
// that no flow overtakes itself.
Port* Ports::egress_of(const Entry& entry, std::uint32_t worker) const {
  for (std::uint32_t queue = 0; queue < entry.workers.size(); ++queue)
    if (entry.workers[queue] == worker) return entry.built.queues[queue].get();
  return entry.lanes[worker].get();
}

void Ports::wire(Entry& entry) {
  std::vector<std::unique_ptr<HandoffPort>> old = std::move(entry.lanes);
  entry.lanes.clear();
  const auto count = static_cast<std::uint32_t>(context_.workers.size());
  for (std::uint32_t from = 0; from < count; ++from) {
    const std::uint32_t to = entry.workers[from % entry.workers.size()];
    entry.lanes.push_back(std::make_unique<HandoffPort>(entry.config, context_.exchange, from, to));
  }
  for (const auto& each : context_.workers)
    each->between_rounds([&] { each->graph.attach(entry.config, egress_of(entry, each->index)); });
}

void Ports::give(Entry& entry, std::uint32_t queue, std::uint32_t to) {
  Worker& receiver = worker(to);
  XskPort& port = *entry.built.queues[queue];
  receiver.between_rounds([&] {
    port.assign(receiver.pool, context_.counters[to * kMaxPorts + entry.config.index]);
    if (port.is_live()) port.begin_live(receiver.live, port.live());
    receiver.add_queue(port);
    receiver.graph.attach(entry.config, egress_of(entry, to));
  });
}

// The worker that has it may go on sending by another queue of its own, or by another worker.
void Ports::take(Entry& entry, std::uint32_t queue) {
  Worker& giver = worker(entry.workers[queue]);
  giver.between_rounds([&] { giver.remove_queue(*entry.built.queues[queue]); });
}

PortInfo Ports::move(std::uint16_t index, std::uint32_t queue, std::uint32_t to) {
  Entry& moved = entry(index);
  worker(to);
  if (queue >= moved.workers.size())
    throw std::invalid_argument("queue " + std::to_string(queue) + " of port " +
                                std::to_string(index) + ": it has " +
                                std::to_string(moved.workers.size()));
  if (moved.workers[queue] == to) return describe(moved);
  Worker& giver = worker(moved.workers[queue]);
  // The giver stands still until the receiver has the queue: no frame is sent by neither.
  giver.between_rounds([&] {
    giver.remove_queue(*moved.built.queues[queue]);
    moved.workers[queue] = to;
    give(moved, queue, to);
    moved.lanes[giver.index] =
        std::make_unique<HandoffPort>(moved.config, context_.exchange, giver.index, to);
    giver.graph.attach(moved.config, egress_of(moved, giver.index));
  });
  wire(moved);
  return describe(moved);
}

PortInfo Ports::sync_queues(std::uint16_t index, const std::vector<std::uint32_t>& workers) {
  Entry& synced = entry(index);
  const std::uint32_t wanted = queues_to_bind(synced.request, workers.size());
  const auto have = static_cast<std::uint32_t>(synced.workers.size());
  if (wanted > have) grow(synced, wanted, workers);
  if (wanted < have) shrink(synced, wanted);
  return describe(synced);
}

void Ports::grow(Entry& entry, std::uint32_t count, const std::vector<std::uint32_t>& workers) {
  const auto before = static_cast<std::uint32_t>(entry.workers.size());
  try {
    for (auto queue = before; queue < count; ++queue) add_queue(entry, queue, workers[queue]);
    factory_.program().reach_new_queues(entry.built.link, entry.built.multi_buffer);
  } catch (...) {
    shrink(entry, before);  // the frames lent to the queue that failed come back as well
    throw;
  }
  wire(entry);
}

void Ports::add_queue(Entry& entry, std::uint32_t queue, std::uint32_t worker) {
  const auto frames = lend(worker, lane_of(entry.config.index, queue));
  entry.built.queues.push_back(factory_.add_queue(entry.request, entry.config, context_.umem,
                                                  context_.workers.front()->options.ring_size,
                                                  entry.built, queue, frames));
  entry.workers.push_back(worker);
  give(entry, queue, worker);
}

void Ports::shrink(Entry& entry, std::uint32_t count) {
  std::vector<std::unique_ptr<XskPort>> closing;
  for (auto queue = static_cast<std::uint32_t>(entry.workers.size()); queue-- > count;) {
    factory_.program().clear_socket(entry.config.index, queue);
    take(entry, queue);
    closing.push_back(std::move(entry.built.queues.back()));
    entry.built.queues.pop_back();
    entry.workers.pop_back();
  }
  wire(entry);
  {
    const std::lock_guard lock(factory_.bind_mutex());
    closing.clear();
  }
  reclaim(entry.config.index, count);
}

const PortConfig& Ports::add_deviceless(std::uint32_t network, const PortConfig& config) {
  const std::uint16_t index = reserve(network);
  Entry& added = *entries_[index];
  added.config = config;
  added.config.index = index;
  added.config.has_device = false;
  added.attached = true;
  for (const auto& each : context_.workers)
    each->between_rounds([&] { each->graph.attach(added.config, nullptr); });
  return added.config;
}

void Ports::remove_deviceless(std::uint16_t index) {
  for (const auto& each : context_.workers)
    each->between_rounds([&] { each->graph.detach(index); });
  release(index);
}

BuiltPort Ports::detach(std::uint16_t index) {
  Entry& removed = entry(index);
  removed.attached = false;
  {
    const std::lock_guard lock(sharers_mutex_);
    std::erase_if(sharers_, [&](const Sharer& sharer) { return sharer.port == index; });
  }
  for (std::uint32_t queue = 0; queue < removed.workers.size(); ++queue) take(removed, queue);
  for (const auto& each : context_.workers)
    each->between_rounds([&] { each->graph.detach(index); });
  // Nobody hands frames for it over any more; those under way must not meet a successor.
  for (const auto& each : context_.workers) each->between_rounds([&] { each->drain_handoffs(); });
  return std::move(removed.built);
}

void Ports::close(std::uint16_t index, BuiltPort built) {
  factory_.detach(built, index);
  {
    const std::lock_guard lock(factory_.bind_mutex());
    built.queues.clear();
  }
  reclaim(index);
}

void Ports::offer_sharing(const Entry& entry) {
  const std::lock_guard lock(sharers_mutex_);
  sharers_.push_back({entry.config.index, entry.built.queues.front()->poll_fd(),
                      entry.built.mode == PortMode::kZeroCopy, entry.built.multi_buffer});
}

int Ports::find_sharer(bool zero_copy, bool multi_buffer) {
  const std::lock_guard lock(sharers_mutex_);
  for (const Sharer& sharer : sharers_)
    if (sharer.zero_copy == zero_copy && sharer.multi_buffer == multi_buffer &&
        is_bound(sharer.socket))
      return sharer.socket;
  return -1;
}

std::optional<xdp_statistics> Ports::statistics(std::uint16_t index) const {
  if (config(index) == nullptr || !config(index)->has_device) return std::nullopt;
  xdp_statistics sum{};
  for (const auto& queue : entries_[index]->built.queues) {
    xdp_statistics one{};
    socklen_t length = sizeof(one);
    if (::getsockopt(queue->poll_fd(), SOL_XDP, XDP_STATISTICS, &one, &length) != 0)
      return std::nullopt;
    sum.rx_dropped += one.rx_dropped;
    sum.rx_invalid_descs += one.rx_invalid_descs;
    sum.tx_invalid_descs += one.tx_invalid_descs;
    sum.rx_ring_full += one.rx_ring_full;
    sum.rx_fill_ring_empty_descs += one.rx_fill_ring_empty_descs;
    sum.tx_ring_empty_descs += one.tx_ring_empty_descs;
  }
  return sum;
}

const PortConfig* Ports::config(std::uint16_t index) const {
  if (index >= kMaxPorts || !entries_[index] || !entries_[index]->attached) return nullptr;
  return &entries_[index]->config;
}

const PortConfig& Ports::require(std::uint16_t index) const {
  return entry(index).config;
}

Ports::Entry& Ports::entry(std::uint16_t index) const {
  if (config(index) == nullptr)
    throw std::invalid_argument("port " + std::to_string(index) + " does not exist");
  if (!entries_[index]->config.has_device)
    throw std::invalid_argument("port " + std::to_string(index) + " has no device");
  return *entries_[index];
}

bool Ports::any_in(std::uint32_t network) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& entry) { return entry && entry->network == network; });
}

TransmitPort Ports::transmit_of(std::uint16_t index) const {
  const Entry& asked = entry(index);
  TransmitPort port{index,
                    asked.built.bound,
                    asked.built.mode,
                    asked.request.transmit,
                    asked.built.driver == "veth",
                    {}};
  for (std::uint32_t queue = 0; queue < asked.workers.size(); ++queue)
    port.queues.emplace_back(asked.built.queues[queue].get(), &worker(asked.workers[queue]));
  return port;
}

std::vector<TransmitPort> Ports::transmits() const {
  std::vector<TransmitPort> ports;
  for (std::uint16_t i = 0; i < kMaxPorts; ++i)
    if (config(i) != nullptr && config(i)->has_device) ports.push_back(transmit_of(i));
  return ports;
}

PortInfo Ports::describe(const Entry& entry) {
  PortInfo info{entry.config.index,      entry.built.ifindex,      entry.built.mode,
                entry.built.tx_checksum, entry.built.multi_buffer, {},
                entry.built.refused};
  for (std::uint32_t queue = 0; queue < entry.workers.size(); ++queue)
    info.queues.push_back({queue, entry.workers[queue]});
  return info;
}

}  // namespace millrace
