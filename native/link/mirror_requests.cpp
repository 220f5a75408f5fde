#include "link/mirror_requests.hpp"

#include <sys/eventfd.h>

#include <utility>

#include "engine/errors.hpp"

namespace millrace {

namespace {

constexpr std::size_t kMaxProbes = 4096;

}  // namespace

MirrorRequests::MirrorRequests() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw_errno("create an eventfd");
}

void MirrorRequests::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof(one));
}

void MirrorRequests::stop() {
  const std::lock_guard lock(mutex_);
  waiting_.stop = true;
  wake();
}

void MirrorRequests::set_tables(std::set<std::uint32_t> tables) {
  const std::lock_guard lock(mutex_);
  waiting_.tables = std::move(tables);
  wake();
}

// Who needs a neighbour asks again, so a request too many may be lost.
void MirrorRequests::probe(const MirrorProbe& probe) {
  const std::lock_guard lock(mutex_);
  if (waiting_.probes.size() >= kMaxProbes) {
    ++waiting_.probes_dropped;
    return;
  }
  waiting_.probes.push_back(probe);
  wake();
}

MirrorRequests::Taken MirrorRequests::take() {
  std::uint64_t times = 0;
  (void)!::read(event_.get(), &times, sizeof(times));
  const std::lock_guard lock(mutex_);
  Taken taken = std::exchange(waiting_, {});
  waiting_.stop = taken.stop;
  waiting_.probes_dropped = taken.probes_dropped;
  return taken;
}

}  // namespace millrace
