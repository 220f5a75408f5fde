#include "engine/xdp_program.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string>

#include "bpf/redirect.h"
#include "engine/errors.hpp"
#include "engine/lane_maps.hpp"
#include "engine/signals_held.hpp"
#include "redirect.skel.h"

namespace millrace {

namespace {

// Room for 65,536 flows: half of the places stay empty, so that a flow hardly ever finds both of
// its buckets full.
constexpr std::uint32_t kLaneEntries = 1u << 17;

std::uint16_t take_of(Capture capture) {
  switch (capture) {
    case Capture::kAll:
      return MILLRACE_TAKE_ALL;
    case Capture::kShared:
      return MILLRACE_TAKE_OURS;
    case Capture::kDedicated:
      return MILLRACE_TAKE_DEDICATED;
  }
  return MILLRACE_TAKE_OURS;
}

millrace_vtep entry_of(const XdpProgram::VtepAddress& vtep) {
  millrace_vtep entry{};
  entry.udp_port = vtep.udp_port;
  if (vtep.address4) std::memcpy(&entry.address4, vtep.address4->data(), 4);
  if (vtep.address6) std::memcpy(entry.address6, vtep.address6->data(), 16);
  return entry;
}

millrace_port port_entry_of(const XdpProgram::Attach& request) {
  const bool all = request.capture == Capture::kAll;
  millrace_port port{.ifindex = static_cast<std::uint32_t>(request.ifindex),
                     .slot = request.slot,
                     .queues = MILLRACE_QUEUES_PER_PORT,
                     .fallback = static_cast<std::uint32_t>(all ? XDP_DROP : XDP_PASS),
                     .take = take_of(request.capture),
                     .lane = request.lane,
                     .vteps = {},
                     .mac = {}};
  std::memcpy(port.mac, request.mac.bytes.data(), request.mac.bytes.size());
  return port;
}

}  // namespace

XdpProgram::XdpProgram(bool with_lane) : skeleton_(nullptr, redirect__destroy) {
  libbpf_set_print(nullptr);  // every failure is reported by our own errors
  const SignalsHeld held;
  const bool has_lane = with_lane && load(true) == 0;
  if (const int error = has_lane ? 0 : load(false); error != 0)
    throw_errno("load the XDP program (needs CAP_BPF and CAP_NET_ADMIN)", -error);
  const char* const why = with_lane ? "the kernel refuses the program of the flow lane"
                                    : "nobody has asked for a flow lane";
  flow_lane_ = std::make_unique<FlowLane>(lane_maps(*skeleton_), has_lane ? "" : why);
}

int XdpProgram::load(bool with_lane) {
  skeleton_.reset(redirect__open());
  if (!skeleton_) throw_errno("open the XDP program");
  skeleton_->rodata->lane_wanted = with_lane;
  if (with_lane) size_lane(*skeleton_, kLaneEntries);
  return redirect__load(skeleton_.get());
}

XdpProgram::~XdpProgram() = default;

TcProgram& XdpProgram::tc() {
  const std::lock_guard lock(mutex_);
  if (tc_ == nullptr) {
    const SignalsHeld held;
    tc_ = std::make_unique<TcProgram>(*skeleton_);
    flow_lane_->tell_devices(*tc_);
  }
  return *tc_;
}

TcProgram::Links XdpProgram::attach_tc(const Attach& device, int near, bool uplink) {
  const millrace_port port = port_entry_of(device);
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.ports), &port.ifindex, &port, BPF_ANY) != 0)
    throw_errno("register the port with the tc program");
  return tc().attach({device.slot, device.ifindex, near, uplink, take_of(device.capture)});
}

void XdpProgram::detach_tc(TcProgram::Links links, int ifindex, int near) {
  links = {};
  {
    const std::lock_guard lock(mutex_);
    if (tc_ != nullptr) tc_->forget(ifindex, near);
  }
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.ports), &ifindex);
}

UniqueFd XdpProgram::attach(const Attach& request) {
  const millrace_port port = port_entry_of(request);
  const std::uint32_t direct_slot = port.ifindex % MILLRACE_MAX_PORTS;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.ports), &port.ifindex, &port, BPF_ANY) != 0 ||
      bpf_map_update_elem(bpf_map__fd(skeleton_->maps.ports_direct), &direct_slot, &port,
                          BPF_ANY) != 0)
    throw_errno("register the port with the XDP program");
  const bool native = request.mode == XdpMode::kNative;
  LIBBPF_OPTS(bpf_link_create_opts, options,
              .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
  const int program =
      bpf_program__fd(request.multi_buffer ? skeleton_->progs.millrace_redirect_frags
                                           : skeleton_->progs.millrace_redirect);
  const int link = bpf_link_create(program, request.ifindex, BPF_XDP, &options);
  if (link < 0) {
    const int error = errno;
    forget(request.ifindex, request.slot);
    throw_errno(native ? "attach native XDP" : "attach generic XDP", error);
  }
  return UniqueFd(link);
}

// A driver that refuses the other program is none that needs this.
void XdpProgram::reach_new_queues(const UniqueFd& link, bool multi_buffer) {
  const auto& programs = skeleton_->progs;
  if (bpf_link_update(link.get(), bpf_program__fd(programs.millrace_redirect_again), nullptr) != 0)
    return;
  const bpf_program* own =
      multi_buffer ? programs.millrace_redirect_frags : programs.millrace_redirect;
  if (bpf_link_update(link.get(), bpf_program__fd(own), nullptr) != 0)
    throw_errno("have the XDP program run on new queues");
}

void XdpProgram::set_socket(std::uint16_t slot, std::uint32_t queue, int socket) {
  const std::uint32_t place = slot * MILLRACE_QUEUES_PER_PORT + queue;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.xsks), &place, &socket, BPF_ANY) != 0)
    throw_errno("put the socket into the XSKMAP");
}

void XdpProgram::clear_socket(std::uint16_t slot, std::uint32_t queue) {
  const std::uint32_t place = slot * MILLRACE_QUEUES_PER_PORT + queue;
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.xsks), &place);
}

void XdpProgram::forget(int ifindex, std::uint16_t slot) {
  flow_lane_->remove_device(slot);
  const std::uint32_t direct_slot = static_cast<std::uint32_t>(ifindex) % MILLRACE_MAX_PORTS;
  const int direct = bpf_map__fd(skeleton_->maps.ports_direct);
  millrace_port port{};
  if (bpf_map_lookup_elem(direct, &direct_slot, &port) == 0 &&
      port.ifindex == static_cast<std::uint32_t>(ifindex)) {
    port = {};
    bpf_map_update_elem(direct, &direct_slot, &port, BPF_ANY);
  }
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.ports), &ifindex);
  for (std::uint32_t queue = 0; queue < MILLRACE_QUEUES_PER_PORT; ++queue)
    clear_socket(slot, queue);
  set_prefixes(slot, {});
}

void XdpProgram::set_vteps(int ifindex, std::span<const VtepAddress> vteps) {
  const int map = bpf_map__fd(skeleton_->maps.ports);
  const int direct = bpf_map__fd(skeleton_->maps.ports_direct);
  const std::uint32_t slot = static_cast<std::uint32_t>(ifindex) % MILLRACE_MAX_PORTS;
  millrace_port port{};
  millrace_port other{};
  if (bpf_map_lookup_elem(map, &ifindex, &port) != 0) throw_errno("find the port's XDP entry");
  std::fill(std::begin(port.vteps), std::end(port.vteps), millrace_vtep{});
  std::transform(vteps.begin(), vteps.end(), std::begin(port.vteps), entry_of);
  bool written = bpf_map_update_elem(map, &ifindex, &port, BPF_ANY) == 0;
  // The direct slot may be that of another device with the same low bits.
  if (bpf_map_lookup_elem(direct, &slot, &other) == 0 && other.ifindex == port.ifindex)
    written = bpf_map_update_elem(direct, &slot, &port, BPF_ANY) == 0 && written;
  if (!written) throw_errno("tell the XDP program the VTEPs of the port");
}

// New ones are written before old ones are taken out, so that nothing of ours passes meanwhile.
void XdpProgram::set_prefixes(std::uint16_t slot, const Prefixes& wanted) {
  const std::lock_guard lock(mutex_);
  std::map<Prefix, std::uint8_t> next;
  for (const Prefix& prefix : wanted.ours) next[prefix] = MILLRACE_PREFIX_OURS;
  for (const Prefix& prefix : wanted.node) next[prefix] = MILLRACE_PREFIX_NODE;
  std::map<Prefix, std::uint8_t>& now = prefixes_[slot];
  for (const auto& [prefix, value] : next) {
    const auto known = now.find(prefix);
    if (known != now.end() && known->second == value) continue;
    write_prefix(slot, prefix, value);
    now[prefix] = value;  // one by one: what was written before a failure must be known to go
  }
  std::erase_if(now, [&](const auto& item) {
    const bool old = !next.contains(item.first);
    if (old) write_prefix(slot, item.first, 0);
    return old;
  });
  if (now.empty()) prefixes_.erase(slot);
}

// Value 0 removes.
void XdpProgram::write_prefix(std::uint16_t slot, const Prefix& prefix, std::uint8_t value) {
  struct {
    std::uint32_t length, port;
    std::uint8_t address[16];
  } key{prefix.length + 32, slot, {}};
  std::memcpy(key.address, prefix.data(), 16);
  const int map = bpf_map__fd(prefix.ip6() ? skeleton_->maps.prefixes6 : skeleton_->maps.prefixes4);
  if (value == 0)
    bpf_map_delete_elem(map, &key);
  else if (bpf_map_update_elem(map, &key, &value, BPF_ANY) != 0)
    throw_errno("tell the XDP program a prefix of the port (room for " +
                std::to_string(MILLRACE_MAX_PREFIXES) + ")");
}

}  // namespace millrace
