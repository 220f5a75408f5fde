#pragma once
// Token bucket for ICMP errors (RFC 1812 4.3.2.8, RFC 4443 2.4 f): rate per second, burst of a
// tenth.
#include <algorithm>
#include <cstdint>

#include "graph/clock.hpp"

namespace millrace {

class IcmpLimiter {
 public:
  explicit IcmpLimiter(std::uint32_t per_second)
      : interval_ns_(per_second == 0 ? 0 : kSecondNs / per_second),
        burst_ns_(interval_ns_ * (std::max(per_second / 10, 1u) - 1)) {}  // beyond the first

  // True when one more error may be sent now.
  bool allow() { return allow(coarse_clock()); }
  bool allow(std::uint64_t now_ns) {
    if (interval_ns_ == 0) return false;
    next_ns_ = std::max(next_ns_, now_ns - std::min(now_ns, burst_ns_));
    if (next_ns_ > now_ns) return false;
    next_ns_ += interval_ns_;
    return true;
  }

 private:
  std::uint64_t interval_ns_;
  std::uint64_t burst_ns_;
  std::uint64_t next_ns_ = 0;
};

}  // namespace millrace
