#include "engine/transmit_backends.hpp"

#include <algorithm>
#include <utility>

#include "engine/worker.hpp"
#include "graph/clock.hpp"
#include "link/veth_peer.hpp"
#include "link/xdp_features.hpp"

namespace millrace {

namespace {

constexpr const char* kLiveFrames = "live-frames";
// Looked at in one second; more take turns. A look at the other end costs some 20 us.
constexpr std::size_t kPortsAtOnce = 256;
// Before a port whose frames were kept is tried again.
constexpr std::uint64_t kPatience = 60;
// Ethernet header and a tag: veth_xdp_xmit() in drivers/net/veth.c.
constexpr std::uint32_t kLinkHeader = 14 + 4;

const char* reason_of(LiveEnd why) {
  switch (why) {
    case LiveEnd::kNone:
      return "not looked at yet";
    case LiveEnd::kRefused:
      return "the device has refused frames";
    case LiveEnd::kFailed:
      return "the kernel has refused to send live frames";
    case LiveEnd::kHeld:
      return "the frames were not freed at once: a program behind it passes them on to sockets";
  }
  return "";
}

bool is_live(const TransmitPort& port) {
  return std::all_of(port.queues.begin(), port.queues.end(),
                     [](const auto& queue) { return queue.first->is_live(); });
}

// Of several queues the gravest.
LiveEnd end_of(const TransmitPort& port) {
  LiveEnd gravest = LiveEnd::kNone;
  for (const auto& [queue, worker] : port.queues) gravest = std::max(gravest, queue->live_end());
  return gravest;
}

}  // namespace

void TransmitBackends::refresh(const std::vector<TransmitPort>& ports, XdpTakers& takers,
                               const Tell& tell) {
  const std::size_t turns = 1 + ports.size() / kPortsAtOnce;
  const std::uint64_t turn = ++round_ % turns;
  const Seen seen{takers, coarse_clock() / kSecondNs};
  for (const TransmitPort& port : ports) {
    if (port.index % turns == turn) look_at(port, seen);
    tell_move(port, tell);
  }
}

void TransmitBackends::refresh(const TransmitPort& port, XdpTakers& takers, const Tell& tell) {
  look_at(port, {takers, coarse_clock() / kSecondNs});
  tell_move(port, tell);
}

void TransmitBackends::tell_move(const TransmitPort& port, const Tell& tell) {
  const TransmitInfo now = info(port);
  const TransmitInfo before = std::exchange(states_[port.index].told, now);
  const bool silent = before.backend.empty() && now.backend != kLiveFrames;
  if (now.backend != before.backend && !silent) tell(port.index, now);
}

void TransmitBackends::look_at(const TransmitPort& port, const Seen& seen) {
  State& state = states_[port.index];
  try {
    follow_end(port, state, seen);
    state.refused = why_not(port, state, seen);
    if (state.refused.empty()) return begin(port, state);
  } catch (const std::system_error& failure) {  // the device may be gone
    state.refused = failure.what();
  }
  end(port, state);
}

// A port that has left live frames by itself gets them again when the reason has gone. Nothing
// tells when frames would be freed or the kernel would go on, so these are tried after some time.
void TransmitBackends::follow_end(const TransmitPort& port, State& state, const Seen& seen) {
  if (is_live(port) || !std::exchange(state.begun, false)) return;
  const LiveEnd why = end_of(port);
  const bool kept = why == LiveEnd::kHeld && port.wish != TransmitWish::kLiveFrames;
  if (!kept && why != LiveEnd::kFailed) return;
  state.pause = reason_of(why);
  state.not_before = seen.second + kPatience;
}

std::string TransmitBackends::why_not(const TransmitPort& port, State& state, const Seen& seen) {
  if (port.wish == TransmitWish::kAfXdp) return "the network has transmit: af-xdp";
  if (port.mode == PortMode::kZeroCopy) return "the port is in zero-copy mode";
  if (!port.veth && port.wish != TransmitWish::kLiveFrames) return "the device is no veth";
  if (!seen.takers.contains(port.ifindex))
    return "the device takes no XDP frames (on veth: the other end has neither an XDP program nor "
           "GRO)";
  state.longest = MILLRACE_LIVE_LONGEST;
  if (port.veth)
    if (std::string reason = why_not_peer(port, state); !reason.empty()) return reason;
  return seen.second < state.not_before ? state.pause : missing();
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
    close();
    missing_ = failure.what();
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
  state.begun = true;
  const XskPort::Live how{state.longest, port.wish == TransmitWish::kLiveFrames};
  for (const auto& [queue, worker] : port.queues) {
    if (queue->is_live() && queue->live().longest == how.longest) continue;
    worker->between_rounds([&, to = queue, by = worker] { to->begin_live(by->live, how); });
  }
}

void TransmitBackends::end(const TransmitPort& port, State& state) {
  state.begun = false;
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
  missing_.reset();
}

TransmitInfo TransmitBackends::info(const TransmitPort& port) const {
  if (is_live(port)) return {kLiveFrames, ""};
  const char* const backend = port.mode == PortMode::kZeroCopy ? "zero-copy" : "copy";
  const auto found = states_.find(port.index);
  if (found == states_.end() || found->second.refused.empty())
    return {backend, reason_of(end_of(port))};
  return {backend, found->second.refused};
}

}  // namespace millrace
