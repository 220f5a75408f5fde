#pragma once
// Which CPUs threads of ours run on: ring loops come first, and what serves them stays off their
// CPUs.
#include <sched.h>

#include <vector>

namespace millrace {

// Threads started while this lives do not run on these CPUs, unless there are no others. Without
// effect where the kernel refuses.
class KeepOff {
 public:
  explicit KeepOff(const std::vector<int>& cpus);
  ~KeepOff();
  KeepOff(const KeepOff&) = delete;
  KeepOff& operator=(const KeepOff&) = delete;

 private:
  cpu_set_t before_{};
  bool changed_ = false;
};

// The calling thread goes before ordinary ones: a loop that waits milliseconds for its CPU loses
// packets. Without effect where the kernel refuses (CAP_SYS_NICE).
void prefer_this_thread();

}  // namespace millrace
