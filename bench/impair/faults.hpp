#pragma once
#include <cstdint>

namespace impair {

/** What goes wrong, and how often: every Nth frame, counted from the first; 0: none. */
struct Faults {
  std::uint64_t lose_every = 0;
  std::uint64_t duplicate_every = 0;
  std::uint64_t reorder_every = 0;
  /** Frames that overtake one that is held back. */
  std::uint64_t reorder_by = 0;
  /** Nanoseconds added to the way of each frame. */
  double delay = 0;
  /** Frames per second; 0: as many as come. */
  double capacity = 0;
  /** Frames that wait for that capacity at most; what comes on top is dropped. */
  std::uint32_t queue = 0;
  /** Taken off the TTL of each IPv4 packet. */
  std::uint8_t ttl = 0;
};

/** What was done since the start or the last reset. */
struct Counters {
  std::uint64_t received = 0;
  std::uint64_t forwarded = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t delayed = 0;
  std::uint64_t overflow = 0;
  /** Lost by the machine: no fault of ours on purpose. */
  std::uint64_t missed = 0;
  /** Arrival of the first and the last frame, nanoseconds of the monotonic clock. */
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

}  // namespace impair
