#pragma once
// Pods with an XDP program of their own, toward which frames leave as live frames.
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "engine/dataplane_fixture.hpp"

namespace millrace {

// A program that gives every frame the same end. Gone with the object.
class PodProgram {
 public:
  PodProgram(const TestPod& pod, xdp_action action) {
    const bpf_insn code[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, action},
                             {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    const UniqueFd program(
        bpf_prog_load(BPF_PROG_TYPE_XDP, "pod", "GPL", code, std::size(code), nullptr));
    if (!program) throw_errno("load a program for the pod");
    in_netns(pod.netns->path(), [&] {
      LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
      const auto ifindex = static_cast<int>(::if_nametoindex("eth0"));
      link_.reset(bpf_link_create(program.get(), ifindex, BPF_XDP, &options));
      if (!link_) throw_errno("attach a program in the pod");
    });
  }

 private:
  UniqueFd link_;
};

class LiveTransmitTest : public DataplaneTest {
 protected:
  static inline const VethOptions kAlways{.transmit = TransmitWish::kLiveFrames};

  std::string backend(const TestPod& pod) {
    return dataplane_->transmit(pod.info.port).value().backend;
  }
  std::string refused(const TestPod& pod) {
    return dataplane_->transmit(pod.info.port).value().refused;
  }
  bool becomes(const TestPod& pod, const std::string& wanted) {
    return eventually([&] { return backend(pod) == wanted; });
  }
  // Of all workers.
  std::uint64_t total(const TestPod& pod, std::uint32_t slot) const {
    return counted(pod, 0, slot) + counted(pod, 1, slot);
  }
  // A worker counts frames when the kernel has taken them: others may have seen them before.
  void expect_total(const TestPod& pod, std::uint32_t slot, std::uint64_t expected) const {
    EXPECT_TRUE(eventually([&] { return total(pod, slot) == expected; }))
        << total(pod, slot) << " instead of " << expected << " of counter " << slot;
  }
  // So many frames at once, while the worker looks elsewhere; it finds them together.
  void burst(const TestPod& from, const TestPod& to, std::uint32_t count) {
    dataplane_->workers()[0]->between_rounds([&] {
      for (std::uint32_t i = 0; i < count; ++i)
        from.socket->send(numbered(from.pod, to.pod, i, 64));
    });
  }
  static std::uint32_t read_all(const TestPod& pod) {
    std::uint32_t count = 0;
    while (!pod.socket->receive(200).empty()) ++count;
    return count;
  }
};

}  // namespace millrace
