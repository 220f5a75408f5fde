#include "engine/xdp_program.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "bpf/redirect.h"
#include "engine/errors.hpp"
#include "redirect.skel.h"

namespace millrace {

XdpProgram::XdpProgram() : skeleton_(nullptr, redirect__destroy) {
  libbpf_set_print(nullptr);  // every failure is reported by our own errors
  skeleton_.reset(redirect__open_and_load());
  if (!skeleton_) throw_errno("load the XDP program (needs CAP_BPF and CAP_NET_ADMIN)");
}

XdpProgram::~XdpProgram() = default;

UniqueFd XdpProgram::attach(int ifindex, std::uint16_t slot, int socket, XdpMode mode) {
  const std::uint32_t xsk_slot = slot * MILLRACE_QUEUES_PER_PORT;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.xsks), &xsk_slot, &socket, BPF_ANY) != 0)
    throw_errno("put the socket into the XSKMAP");
  const millrace_port port{.ifindex = static_cast<std::uint32_t>(ifindex),
                           .xsk_base = xsk_slot,
                           .queues = 1,
                           .fallback = XDP_DROP,
                           .shared = 0,
                           .vtep_port = 0};
  const std::uint32_t direct_slot = port.ifindex % MILLRACE_MAX_PORTS;
  if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.ports), &ifindex, &port, BPF_ANY) != 0 ||
      bpf_map_update_elem(bpf_map__fd(skeleton_->maps.ports_direct), &direct_slot, &port,
                          BPF_ANY) != 0)
    throw_errno("register the port with the XDP program");
  LIBBPF_OPTS(bpf_link_create_opts, options,
              .flags = mode == XdpMode::kNative ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
  const int program = bpf_program__fd(skeleton_->progs.millrace_redirect);
  const int link = bpf_link_create(program, ifindex, BPF_XDP, &options);
  if (link < 0) {
    const int error = errno;
    forget(ifindex, slot);
    throw_errno(mode == XdpMode::kNative ? "attach native XDP" : "attach generic XDP", error);
  }
  return UniqueFd(link);
}

void XdpProgram::forget(int ifindex, std::uint16_t slot) {
  const std::uint32_t xsk_slot = slot * MILLRACE_QUEUES_PER_PORT;
  const std::uint32_t direct_slot = static_cast<std::uint32_t>(ifindex) % MILLRACE_MAX_PORTS;
  const int direct = bpf_map__fd(skeleton_->maps.ports_direct);
  millrace_port port{};
  if (bpf_map_lookup_elem(direct, &direct_slot, &port) == 0 &&
      port.ifindex == static_cast<std::uint32_t>(ifindex)) {
    port = {};
    bpf_map_update_elem(direct, &direct_slot, &port, BPF_ANY);
  }
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.ports), &ifindex);
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.xsks), &xsk_slot);
}

}  // namespace millrace
