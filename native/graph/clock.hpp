#pragma once
// Time for ageing, waiting and rate limits: milliseconds are fine enough, so the coarse clock is
// read, which the vDSO answers without a system call.
#include <time.h>

#include <cstdint>

namespace millrace {

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;

using Clock = std::uint64_t (*)();  // nanoseconds since some point in the past

inline std::uint64_t coarse_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kSecondNs +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace millrace
