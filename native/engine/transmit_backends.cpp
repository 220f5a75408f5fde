#include "engine/transmit_backends.hpp"

#include <algorithm>

#include "engine/worker.hpp"
#include "graph/clock.hpp"
#include "link/veth_peer.hpp"
#include "link/xdp_features.hpp"

namespace millrace {

namespace {

constexpr const char* kLiveFrames = "live-frames";
constexpr const char* kTakesFrames = "ndo-xmit";
constexpr std::uint64_t kSecondNs = 1'000'000'000;
// Before a port whose frames were kept is tried again.
constexpr std::uint64_t kPatience = 60;
// Ethernet header and a tag: veth_xdp_xmit() in drivers/net/veth.c.
constexpr std::uint32_t kLinkHeader = 14 + 4;
constexpr const char* kHeldReason =
    "the frames were not freed at once: a program behind it passes them on to sockets";

std::map<int, bool> devices_that_take_frames() {
  std::map<int, bool> takes;
  for (const XdpFeatures& device : list_xdp_features())
    takes[device.ifindex] = std::find(device.features.begin(), device.features.end(),
                                      kTakesFrames) != device.features.end();
  return takes;
}

bool is_live(const TransmitPort& port) {
  return std::all_of(port.queues.begin(), port.queues.end(),
                     [](const auto& queue) { return queue.first->is_live(); });
}

bool may_be_live(const TransmitPort& port) {
  return port.wish != TransmitWish::kAfXdp && port.mode != PortMode::kZeroCopy;
}

}  // namespace

void TransmitBackends::refresh(const std::vector<TransmitPort>& ports, const Tell& tell) {
  Seen seen{{}, coarse_clock() / kSecondNs};
  if (std::any_of(ports.begin(), ports.end(), may_be_live))
    seen.takes_frames = devices_that_take_frames();
  for (const TransmitPort& port : ports) {
    look_at(port, seen);
    const TransmitInfo now = info(port);
    TransmitInfo& told = states_[port.index].told;
    const bool moved = now.backend != told.backend;
    const bool first = told.backend.empty();
    told = now;
    if (moved && !(first && now.backend != kLiveFrames)) tell(port.index, now);
  }
}

void TransmitBackends::look_at(const TransmitPort& port, const Seen& seen) {
  State& state = states_[port.index];
  follow_end(port, state, seen);
  state.refused = why_not(port, state, seen);
  if (!state.refused.empty()) return end(port);
  try {
    begin(port, state);
  } catch (const std::system_error& failure) {  // the device may be gone
    state.refused = failure.what();
    end(port);
  }
}

// A port that has left live frames by itself gets them again when the reason has gone; one whose
// frames are kept, not before some time.
void TransmitBackends::follow_end(const TransmitPort& port, State& state, const Seen& seen) const {
  for (const auto& [queue, worker] : port.queues)
    if (!queue->is_live() && queue->live_end() >= LiveEnd::kHeld &&
        state.told.backend == kLiveFrames)
      state.not_before = seen.second + kPatience;
}

std::string TransmitBackends::why_not(const TransmitPort& port, State& state, const Seen& seen) {
  if (port.wish == TransmitWish::kAfXdp) return "the network has transmit: af-xdp";
  if (port.mode == PortMode::kZeroCopy) return "the port is in zero-copy mode";
  const bool always = port.wish == TransmitWish::kLiveFrames;
  if (!port.veth && !always) return "the device is no veth";
  const auto takes = seen.takes_frames.find(port.ifindex);
  if (takes == seen.takes_frames.end() || !takes->second)
    return "the device takes no XDP frames (on veth: the other end has neither an XDP program nor "
           "GRO)";
  if (port.veth)
    if (const std::string reason = why_not_peer(port, state); !reason.empty()) return reason;
  if (!port.veth) state.longest = MILLRACE_LIVE_LONGEST;
  if (seen.second < state.not_before && !always) return kHeldReason;
  return missing();
}

std::string TransmitBackends::why_not_peer(const TransmitPort& port, State& state) {
  if (!socket_) socket_ = std::make_unique<NetdevSocket>("");
  const std::optional<VethPeer> peer = find_veth_peer(*socket_, port.ifindex);
  if (!peer) return "the other end of the veth cannot be seen";
  if (!peer->xdp && port.wish != TransmitWish::kLiveFrames)
    return "the other end has no XDP program: its sockets would keep the frames";
  state.longest = std::min<std::uint32_t>(peer->mtu + kLinkHeader, MILLRACE_LIVE_LONGEST);
  return "";
}

// Why there are no live frames on this machine; "" when there are. Made for the first port that can
// use them, so that nobody else pays.
const std::string& TransmitBackends::missing() {
  if (missing_) return *missing_;
  missing_ = "";
  try {
    install();
  } catch (const std::system_error& failure) {
    missing_ = failure.what();
    close();
  }
  return *missing_;
}

void TransmitBackends::install() {
  devices_ = std::make_unique<LiveDevices>();
  for (const auto& worker : workers_) {
    programs_.push_back(std::make_unique<LiveProgram>(*devices_));
    LiveProgram* const program = programs_.back().get();
    worker->between_rounds([&] { worker->live.install(program); });
  }
}

void TransmitBackends::begin(const TransmitPort& port, State& state) {
  if (!state.device) devices_->add(port.index, port.ifindex);
  state.device = true;
  const XskPort::Live how{state.longest, port.wish == TransmitWish::kLiveFrames};
  for (const auto& [queue, worker] : port.queues) {
    if (queue->is_live() && queue->live().longest == how.longest) continue;
    worker->between_rounds([&, to = queue, by = worker] { to->begin_live(by->live, how); });
  }
}

void TransmitBackends::end(const TransmitPort& port) {
  for (const auto& [queue, worker] : port.queues) {
    if (!queue->is_live()) continue;
    worker->between_rounds([from = queue, by = worker] {
      by->live.flush(false);
      from->end_live(LiveEnd::kNone);
    });
  }
}

void TransmitBackends::forget(std::uint16_t port) {
  const auto found = states_.find(port);
  if (found == states_.end()) return;
  if (found->second.device) devices_->remove(port);
  states_.erase(found);
}

void TransmitBackends::close() {
  for (const auto& worker : workers_)
    worker->between_rounds([&] { worker->live.install(nullptr); });
  programs_.clear();
}

TransmitInfo TransmitBackends::info(const TransmitPort& port) const {
  if (is_live(port)) return {kLiveFrames, ""};
  const auto found = states_.find(port.index);
  const bool zero_copy = port.mode == PortMode::kZeroCopy;
  return {zero_copy ? "zero-copy" : "copy",
          found == states_.end() ? "not looked at yet" : found->second.refused};
}

}  // namespace millrace
