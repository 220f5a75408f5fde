#include "link/kernel_mirror.hpp"

#include "link/mirror_loop.hpp"
#include "link/netns.hpp"

namespace millrace {

class KernelMirror::Loop : public MirrorLoop {
  using MirrorLoop::MirrorLoop;
};

KernelMirror::KernelMirror(MirrorSink& sink, const MirrorOptions& options) {
  in_netns(options.netns, [&] { loop_ = std::make_unique<Loop>(sink, options); });
}

KernelMirror::~KernelMirror() {
  stop();
}

void KernelMirror::start() {
  loop_->start();
}

void KernelMirror::stop() {
  loop_->stop();
}

void KernelMirror::set_tables(const std::vector<std::uint32_t>& tables) {
  loop_->requests().set_tables({tables.begin(), tables.end()});
}

void KernelMirror::probe(std::int32_t ifindex, bool ip6,
                         const std::array<std::uint8_t, 16>& address) {
  loop_->requests().probe({ifindex, ip6, address});
}

MirrorStatistics KernelMirror::statistics() const {
  return loop_->statistics();
}

}  // namespace millrace
