#include "engine/tc_program.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstring>

#include "bpf/tc_port.h"
#include "engine/errors.hpp"
#include "engine/tc_maps.hpp"

namespace millrace {

namespace {

// include/uapi/linux/bpf.h of Linux 6.6; Debian 12's headers are older.
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);
constexpr std::uint32_t kBefore = 1u << 3;  // BPF_F_BEFORE: first of all programs there

}  // namespace

TcProgram::TcProgram(const redirect& xdp) : skeleton_(tc_port__open(), tc_port__destroy) {
  if (!skeleton_) throw_errno("open the tc program");
  int error = share_tables(*skeleton_, xdp);
  if (error == 0) error = tc_port__load(skeleton_.get());
  if (error != 0)
    throw_errno("load the tc program (needs Linux 6.6, CAP_BPF and CAP_NET_ADMIN)", -error);
}

TcProgram::~TcProgram() = default;

UniqueFd TcProgram::link(int program, int ifindex) {
  LIBBPF_OPTS(bpf_link_create_opts, options, .flags = kBefore);
  const int link = bpf_link_create(program, ifindex, kTcxIngress, &options);
  if (link < 0) throw_errno("attach a program to tcx (needs Linux 6.6)");
  return UniqueFd(link);
}

TcProgram::Links TcProgram::attach(const Attach& request) {
  const auto ifindex = static_cast<std::uint32_t>(request.ifindex);
  const auto near = static_cast<std::uint32_t>(request.near);
  const millrace_tc_port device{request.slot, near, request.take, 0};
  const millrace_tc_port companion{request.slot, ifindex, 0, 0};
  const int ports = bpf_map__fd(skeleton_->maps.tc_ports);
  const auto& programs = skeleton_->progs;
  const bpf_program* const own =
      request.uplink ? programs.millrace_tc_uplink : programs.millrace_tc_pod;
  try {
    if (bpf_map_update_elem(ports, &ifindex, &device, BPF_ANY) != 0 ||
        bpf_map_update_elem(ports, &near, &companion, BPF_ANY) != 0)
      throw_errno("register the port with the tc program");
    UniqueFd from_loop = link(bpf_program__fd(programs.millrace_tc_from_loop), request.near);
    return {link(bpf_program__fd(own), request.ifindex), std::move(from_loop)};
  } catch (...) {
    forget(request.ifindex, request.near);
    throw;
  }
}

void TcProgram::forget(int ifindex, int near) {
  const int ports = bpf_map__fd(skeleton_->maps.tc_ports);
  bpf_map_delete_elem(ports, &ifindex);
  bpf_map_delete_elem(ports, &near);
}

void TcProgram::set_device(std::uint16_t slot, int ifindex, const Mac& pod) {
  millrace_tc_device device{.ifindex = static_cast<std::uint32_t>(ifindex), .mac = {}, .peer = 0};
  device.peer = pod != Mac{};
  std::memcpy(device.mac, pod.bytes.data(), pod.bytes.size());
  const std::uint32_t key = slot;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.tc_devices), &key, &device, BPF_ANY) != 0)
    throw_errno("let flows leave by the port");
}

void TcProgram::clear_device(std::uint16_t slot) {
  set_device(slot, 0, {});
}

}  // namespace millrace
