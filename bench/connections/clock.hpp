#pragma once
#include <cstdint>
#include <ctime>

namespace connections {

constexpr uint64_t kSecond = 1'000'000'000;

/** Of the monotonic clock, in nanoseconds as all times here. */
inline uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * kSecond + static_cast<uint64_t>(time.tv_nsec);
}

inline uint64_t to_ns(double seconds) {
  return static_cast<uint64_t>(seconds * static_cast<double>(kSecond));
}

inline double to_seconds(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / static_cast<double>(kSecond);
}

inline timespec to_timespec(uint64_t nanoseconds) {
  return {.tv_sec = static_cast<time_t>(nanoseconds / kSecond),
          .tv_nsec = static_cast<long>(nanoseconds % kSecond)};
}

}  // namespace connections
