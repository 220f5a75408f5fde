#include "engine/live_program.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netlink/route/link/veth.h>
#include <sched.h>
#include <unistd.h>

#include <exception>
#include <thread>

#include "bpf/redirect.h"
#include "engine/errors.hpp"
#include "engine/signals_held.hpp"
#include "link/netns.hpp"
#include "link/nl.hpp"
#include "live_transmit.skel.h"

namespace millrace {

namespace {

// Frames between two runs of the receivers: a veth has room for 256, and the fewer there are, the
// fewer pages are in use at once.
constexpr std::uint32_t kFramesAtOnce = 64;
constexpr std::uint32_t kShortest = 14;
// The kernel copies it into each new page, so there must be as much of it as a frame is long.
constexpr std::array<std::uint8_t, MILLRACE_LIVE_LONGEST> kBlank{};
constexpr const char* kHolder = "live0";

}  // namespace

LiveDevices::LiveDevices()
    : fd_(bpf_map_create(BPF_MAP_TYPE_DEVMAP, "live_devices", 4, 4, MILLRACE_MAX_PORTS, nullptr)) {
  if (!fd_) throw_errno("make the device map for live frames (needs CAP_BPF and CAP_NET_ADMIN)");
}

void LiveDevices::add(std::uint16_t port, int ifindex) {
  const std::uint32_t key = port;
  if (bpf_map_update_elem(fd_.get(), &key, &ifindex, BPF_ANY) != 0)
    throw_errno("let live frames leave by the port");
}

void LiveDevices::remove(std::uint16_t port) {
  const std::uint32_t key = port;
  bpf_map_delete_elem(fd_.get(), &key);
}

LiveProgram::LiveProgram(const LiveDevices& devices) : skeleton_(nullptr, live_transmit__destroy) {
  load(devices);
  keep_ready();
  // A frame without length goes nowhere, but shows whether the kernel runs the program at all.
  batch().frames[0] = {};
  if (const int error = send(1, MILLRACE_LIVE_LONGEST); error != 0)
    throw_errno("run a program on live frames (needs Linux 6.3, CAP_BPF and CAP_NET_ADMIN)", error);
}

LiveProgram::~LiveProgram() = default;

void LiveProgram::load(const LiveDevices& devices) {
  const SignalsHeld held;
  skeleton_.reset(live_transmit__open());
  if (!skeleton_) throw_errno("open the program for live frames");
  int error = bpf_map__reuse_fd(skeleton_->maps.live_devices, devices.fd());
  if (error == 0) error = live_transmit__load(skeleton_.get());
  if (error == 0) {
    // Those at the tracepoints only: the other one is attached where it is kept ready.
    bpf_program__set_autoattach(skeleton_->progs.millrace_live_send, false);
    error = live_transmit__attach(skeleton_.get());
  }
  if (error != 0)
    throw_errno(
        "load the programs for live frames (needs BTF, Linux 6.3, CAP_BPF, CAP_PERFMON and "
        "CAP_NET_ADMIN)",
        -error);
  program_ = bpf_program__fd(skeleton_->progs.millrace_live_send);
  memory_ =
      std::make_unique<MapMemory>(bpf_map__fd(skeleton_->maps.live_batch), sizeof(millrace_live));
}

// A program that is attached nowhere is put into the kernel's text for each call and taken out
// again, which takes 24 ms. So it is attached, to a device that never comes up, in a namespace that
// nobody can enter and that goes with its last descriptor.
void LiveProgram::keep_ready() {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      if (::unshare(CLONE_NEWNET) != 0)
        throw_errno("make a network namespace for live frames (needs CAP_SYS_ADMIN)");
      netns_ = open_netns("/proc/thread-self/ns/net");
      const nl::Socket socket = nl::connect();
      nl::check(rtnl_link_veth_add(socket.get(), kHolder, "live1", ::gettid()),
                "make a veth for live frames");
      LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
      link_.reset(bpf_link_create(program_, static_cast<int>(::if_nametoindex(kHolder)), BPF_XDP,
                                  &options));
      if (!link_) throw_errno("attach the program for live frames");
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

int LiveProgram::send(std::uint32_t count, std::uint32_t longest) {
  millrace_live& state = batch();
  state.cursor = 0;
  state.refused = 0;
  state.bulks = 0;
  state.held = 0;
  for (std::uint32_t before = 0; before < count; before = state.cursor) {
    const int error = run(count - before, longest);
    if (error != 0 && error != EINTR) return error;
    if (state.cursor == before) return error == 0 ? EIO : error;
  }
  return 0;
}

int LiveProgram::run(std::uint32_t count, std::uint32_t longest) {
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = kBlank.data(),
              .data_size_in = longest < kShortest ? kShortest : longest,
              .repeat = static_cast<int>(count), .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
              .batch_size = kFramesAtOnce);
  return -bpf_prog_test_run_opts(program_, &options);
}

}  // namespace millrace
