#pragma once
// Token buckets for flooded frames, one per bridge domain, each worker with its own: so many frames
// per second, a tenth of a second's worth at once.
#include <algorithm>
#include <array>
#include <cstdint>

#include "graph/clock.hpp"

namespace millrace {

class FloodLimiter {
 public:
  // per_second: 0 for no limit.
  bool allow(std::uint64_t now_ns, std::uint32_t per_second) {
    if (per_second == 0) return true;
    const std::uint64_t interval_ns = kSecondNs / per_second;
    const std::uint64_t burst_ns = interval_ns * (std::max(per_second / 10, 1u) - 1);
    next_ns_ = std::max(next_ns_, now_ns - std::min(now_ns, burst_ns));
    if (next_ns_ > now_ns) return false;
    next_ns_ += interval_ns;
    return true;
  }
  std::uint64_t next_ns() const { return next_ns_; }

 private:
  std::uint64_t next_ns_ = 0;
};

// The limiters of all bridge domains by their id. A bucket that is full again is as good as a new
// one, so the one that has been idle for longest gives its place to a domain that has none.
class FloodLimiters {
 public:
  FloodLimiter& of(std::uint32_t id) {
    auto& set = sets_[id % sets_.size()];
    Entry* idle = &set.front();
    for (Entry& entry : set) {
      if (entry.used && entry.id == id) return entry.limiter;
      if (entry.limiter.next_ns() < idle->limiter.next_ns()) idle = &entry;
    }
    *idle = {id, true, {}};
    return idle->limiter;
  }

 private:
  struct Entry {
    std::uint32_t id = 0;
    bool used = false;
    FloodLimiter limiter;
  };
  std::array<std::array<Entry, 8>, 32> sets_;
};

}  // namespace millrace
