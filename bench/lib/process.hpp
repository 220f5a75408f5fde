#pragma once
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>

namespace traffic {

inline double now_seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

[[noreturn]] inline void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::strerror(error));
}

/** No tool outlives the run that started it, not even one killed with SIGKILL. */
inline void die_with_parent() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/** Pins this thread to a CPU and raises its priority within the session. */
inline void pin_to_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) fail("pin to CPU " + std::to_string(cpu), errno);
  setpriority(PRIO_PROCESS, 0, -15);
}

}  // namespace traffic
