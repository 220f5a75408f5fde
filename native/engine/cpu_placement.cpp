#include "engine/cpu_placement.hpp"

#include <sys/resource.h>

namespace millrace {

namespace {
// Ten steps are a tenfold share of a contended CPU; the kernel's own threads keep theirs.
constexpr int kNice = -10;
}  // namespace

KeepOff::KeepOff(const std::vector<int>& cpus) {
  if (::sched_getaffinity(0, sizeof(before_), &before_) != 0) return;
  cpu_set_t others = before_;
  for (const int cpu : cpus)
    if (cpu >= 0) CPU_CLR(static_cast<unsigned>(cpu), &others);
  if (CPU_COUNT(&others) == 0) return;
  changed_ = ::sched_setaffinity(0, sizeof(others), &others) == 0;
}

KeepOff::~KeepOff() {
  if (changed_) (void)::sched_setaffinity(0, sizeof(before_), &before_);
}

void prefer_this_thread() {
  // Of this thread alone: Linux has a nice value per thread, setpriority(2) "C library/kernel
  // differences".
  (void)::setpriority(PRIO_PROCESS, 0, kNice);
}

}  // namespace millrace
