#include "engine/flow_lane.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <random>
#include <utility>

#include "bpf/redirect.h"
#include "engine/errors.hpp"
#include "engine/tc_program.hpp"
#include "graph/clock.hpp"
#include "lane_watch.skel.h"
#include "link/offloads.hpp"
#include "link/xdp_features.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kTxRingFullSlot =
    kFirstDrop + static_cast<std::uint32_t>(DropReason::kTxRingFull);

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::uint32_t own_netns() {
  struct stat status {};
  if (::stat("/proc/self/ns/net", &status) != 0) throw_errno("find the network namespace");
  return static_cast<std::uint32_t>(status.st_ino);
}

std::uint32_t id_of(int map) {
  bpf_map_info info{};
  std::uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(map, &info, &length) != 0) throw_errno("read a map's id");
  return info.id;
}

std::uint16_t slot_of(const millrace_lane& flow) {
  return static_cast<std::uint16_t>(flow.key[1] >> MILLRACE_LANE_SLOT_SHIFT);
}

// So many frames of so many bytes together. Of those that a device has not taken the lengths are
// not known; the usual one is as good as any.
struct Frames {
  std::uint64_t packets;
  std::uint64_t bytes;

  Frames without(std::uint64_t lost) const {
    return packets == 0 ? *this : Frames{packets - lost, bytes - bytes / packets * lost};
  }
};

void add(CounterBlock& block, PortCounter packets, PortCounter bytes, const Frames& frames) {
  block.add(packets, frames.packets);
  block.add(bytes, frames.bytes);
}

// As the graph counts them: the port a flow comes from, the VNI's port inside the tunnel, and the
// port it leaves by. lost: how many of that port's frames its device has not taken and nobody has
// counted yet.
void account(CounterBlock* ports, const millrace_lane& flow, const LaneTable::Traffic& traffic,
             std::uint64_t& lost) {
  const std::uint64_t headers = traffic.packets * MILLRACE_LANE_OUTER;
  const bool decap = (flow.action & MILLRACE_LANE_DECAP) != 0;
  const bool encap = (flow.action & MILLRACE_LANE_ENCAP) != 0;
  const Frames inner{traffic.packets, traffic.bytes - (decap ? headers : 0)};
  const Frames outer{traffic.packets, inner.bytes + (encap ? headers : 0)};
  CounterBlock& in = ports[slot_of(flow)];
  CounterBlock& out = ports[flow.out];
  add(in, kRxPackets, kRxBytes, {traffic.packets, traffic.bytes});
  in.add(kLanePackets, traffic.packets);
  if (decap) add(ports[flow.tunnel], kRxPackets, kRxBytes, inner);
  if (encap) add(ports[flow.tunnel], kTxPackets, kTxBytes, inner);
  const std::uint64_t now_lost = std::min(lost, traffic.packets);
  add(out, kTxPackets, kTxBytes, outer.without(now_lost));
  out.add(kTxRingFullSlot, now_lost);
  lost -= now_lost;
}

}  // namespace

MapMemory::MapMemory(int map, std::size_t bytes) : bytes_(bytes) {
  data_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  if (data_ == MAP_FAILED) throw_errno("map the memory of the flow lane");
}

MapMemory::~MapMemory() {
  ::munmap(data_, bytes_);
}

FlowLane::FlowLane(const Maps& maps, std::string missing)
    : maps_(maps),
      entries_(maps.lanes, maps.entries * sizeof(millrace_lane)),
      outers_(maps.outers, maps.entries * sizeof(millrace_lane_outer)),
      tags_(maps.tags, maps.entries / MILLRACE_LANE_WAYS * sizeof(millrace_lane_tags)),
      state_(maps.state, sizeof(millrace_lane_state)),
      watch_(nullptr, lane_watch__destroy),
      missing_(std::move(missing)),
      table_(
          [&] {
            watch(maps);
            auto* const targets = targets_ ? static_cast<millrace_lane_target*>(targets_->data())
                                           : no_targets_.data();
            return LaneTable::Memory{
                {static_cast<millrace_lane*>(entries_.data()), maps.entries},
                {static_cast<millrace_lane_outer*>(outers_.data()), maps.entries},
                {static_cast<millrace_lane_tags*>(tags_.data()), maps.entries / MILLRACE_LANE_WAYS},
                *static_cast<millrace_lane_state*>(state_.data()),
                {targets, MILLRACE_MAX_PORTS}};
          }(),
          random_seed()),
      drops_(MILLRACE_MAX_PORTS),
      lost_(MILLRACE_MAX_PORTS) {
  auto& state = *static_cast<millrace_lane_state*>(state_.data());
  state.devices[0] = id_of(maps.devices[0]);
  state.devices[1] = id_of(maps.devices[1]);
  state.netns = own_netns();
  table_.open(missing_.empty());
}

FlowLane::~FlowLane() = default;

// Without these programs frames could be lost that nobody would know of.
void FlowLane::watch(const Maps& maps) {
  no_targets_.resize(MILLRACE_MAX_PORTS);
  if (!missing_.empty()) return;
  watch_.reset(lane_watch__open());
  if (!watch_ || bpf_map__reuse_fd(watch_->maps.ports, maps.ports) != 0 ||
      bpf_map__reuse_fd(watch_->maps.lane_state, maps.state) != 0 ||
      lane_watch__load(watch_.get()) != 0 || lane_watch__attach(watch_.get()) != 0) {
    missing_ = "the kernel does not let programs see its XDP tracepoints (needs BTF and Linux 6.3)";
    watch_.reset();
    return;
  }
  targets_ = std::make_unique<MapMemory>(bpf_map__fd(watch_->maps.lane_targets),
                                         MILLRACE_MAX_PORTS * sizeof(millrace_lane_target));
}

void FlowLane::add_device(std::uint16_t port, int ifindex, const Mac& pod) {
  if (!missing_.empty()) return;
  const std::uint32_t key = port;
  for (const int devices : maps_.devices)
    if (bpf_map_update_elem(devices, &key, &ifindex, BPF_ANY) != 0)
      throw_errno("let flows leave by the port");
  const std::lock_guard lock(mutex_);
  tell(port, devices_[port] = {ifindex, pod, has_segmentation(ifindex)});
  drops_[port] = table_.drops(port);
  lost_[port] = 0;
}

void FlowLane::remove_device(std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  if (devices_.erase(port) == 0) return;
  table_.set_target(port, false);
  const std::uint32_t key = port;
  for (const int devices : maps_.devices) bpf_map_delete_elem(devices, &key);
  if (program_ != nullptr) program_->clear_device(port);
}

void FlowLane::tell_devices(TcProgram& program) {
  const std::lock_guard lock(mutex_);
  program_ = &program;
  for (const auto& [port, device] : devices_) tell(port, device);
}

// What goes into a pod directly passes an XDP program of its own by. While it has one, the device
// at our end has no segmentation offload (veth_xdp_set() in drivers/net/veth.c).
void FlowLane::tell(std::uint16_t port, const Device& device) {
  if (program_ != nullptr)
    program_->set_device(port, device.ifindex, device.direct ? device.pod : Mac{});
}

void FlowLane::refresh(XdpTakers& takers) {
  const std::lock_guard lock(mutex_);
  for (auto& [port, device] : devices_) {
    table_.set_target(port, takers.contains(device.ifindex));
    if (program_ == nullptr || device.pod == Mac{}) continue;
    const bool direct = has_segmentation(device.ifindex);
    if (std::exchange(device.direct, direct) != direct) tell(port, device);
  }
}

std::uint32_t FlowLane::sweep(CounterBlock* ports) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [port, device] : devices_) {
      const std::uint64_t drops = table_.drops(port);
      lost_[port] += drops - std::exchange(drops_[port], drops);
    }
  }
  return table_.sweep(coarse_clock(),
                      [&](const millrace_lane& flow, const LaneTable::Traffic& traffic) {
                        account(ports, flow, traffic, lost_[flow.out]);
                      });
}

}  // namespace millrace
