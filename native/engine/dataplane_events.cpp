// What workers and the mirror tell, and what is due each second: all on the control thread.
#include "engine/dataplane.hpp"
#include "link/xdp_features.hpp"

namespace millrace {

namespace {

// How often the kernel is told which neighbours are in use: well below the 30 seconds after which
// it holds a neighbour for stale (base_reachable_time).
constexpr std::uint32_t kUseInterval = 5;

}  // namespace

void Dataplane::handle(const GraphEvent& event) {
  if (event.kind == GraphEvent::Kind::kResolve)
    return follower_.probe(event.port, {event.ip6, event.address});
  const bool moved = event.kind == GraphEvent::Kind::kMacMoved;
  DataplaneEvent told{
      moved ? "mac-moved" : "mac-limit",
      {{"network", static_cast<double>(event.network)}, {"vlan", static_cast<double>(event.vlan)}},
      {{"mac", to_text(event.mac)}}};
  if (moved) {
    name_place(told, event, "to", "toPeer", event.port);
    name_place(told, event, "from", "fromPeer", event.other_port);
  } else {
    name_place(told, event, "port", "portPeer", event.port);
  }
  tell(told);
}

// A port; for a station behind another VTEP that of the VNI, and the VTEP beside it.
void Dataplane::name_place(DataplaneEvent& told, const GraphEvent& event, const char* name,
                           const char* peer_name, std::uint16_t place) {
  const std::lock_guard lock(mutex_);
  const std::optional<IpAddress> peer = overlay_.address_of(place);
  const PortConfig* vni = is_peer(place) ? overlay_.port_of(event.network) : nullptr;
  const std::uint16_t port = vni != nullptr ? vni->index : place;
  told.numbers.emplace_back(name, static_cast<double>(port));
  told.texts.emplace_back(peer_name, peer ? to_text(*peer) : "");
}

// What the mirror has lost and found again is worth a line in the log.
void Dataplane::tell_resyncs() {
  const MirrorStatistics now = mirror_->statistics();
  if (now.resyncs == resyncs_told_) return;
  resyncs_told_ = now.resyncs;
  tell({"resync",
        {{"milliseconds", static_cast<double>(now.last_resync.count()) / 1000},
         {"routes", static_cast<double>(now.routes)},
         {"overruns", static_cast<double>(now.overruns)}},
        {}});
}

void Dataplane::tick() {
  if (++ticks_ % ControlThread::kTicksPerSecond == 0) every_second();
  count_flows();
}

std::uint32_t Dataplane::count_flows() {
  const std::lock_guard lock(mutex_);
  return lane().sweep(lane_counters_);
}

// What the devices take may change under us. The kernel tells of most changes, but not of all, and
// may lose what it tells: 0 is whatever there is. Told without the mutex, which who listens may
// want.
void Dataplane::follow_devices(const std::set<std::int32_t>& changed) {
  std::vector<DataplaneEvent> moves;
  try {
    const std::lock_guard lock(mutex_);
    XdpTakers takers;
    lane().refresh(takers);
    const auto note = [&](std::uint16_t port, const TransmitInfo& info) {
      moves.push_back({"transmit",
                       {{"port", static_cast<double>(port)},
                        {"ifindex", static_cast<double>(ports_.ifindex_of(port))}},
                       {{"backend", info.backend}, {"reason", info.refused}}});
    };
    const std::vector<TransmitPort> ports = ports_.transmits();
    if (changed.contains(0)) transmit_.refresh(ports, takers, note);
    for (const TransmitPort& port : ports)
      if (changed.contains(port.ifindex)) transmit_.refresh(port, takers, note);
  } catch (const std::system_error&) {
    return;  // the kernel did not answer; it is asked again in a second
  }
  for (const DataplaneEvent& move : moves) tell(move);
}

void Dataplane::every_second() {
  follow_devices({0});
  tell_resyncs();
  if (++seconds_ % kUseInterval == 0)
    routing_.collect_used(
        [this](std::uint16_t port, const IpAddress& address) { follower_.probe(port, address); });
  const std::lock_guard lock(mutex_);
  if (bridges_.age(coarse_clock()) != 0) lane().table().generation().changed();
  if (!bridges_.has_retired()) return;
  quiescence_.synchronize();
  bridges_.reclaim();
}

}  // namespace millrace
