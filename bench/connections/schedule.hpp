#pragma once
#include <algorithm>
#include <cstdint>

#include "client.hpp"
#include "clock.hpp"

namespace connections {

/** When connections are opened, and which time is the window. */
class Schedule {
 public:
  Schedule(const Load& load, uint64_t now)
      : rate_(load.rate),
        length_(to_ns(load.seconds)),
        begin_(now),
        window_(now + to_ns(load.warm_up)) {}

  /** Whether the window begins now; it does so once. */
  bool starts(uint64_t now) {
    if (measuring_ || now < window_) return false;
    measuring_ = true;
    window_ = now;
    return true;
  }

  bool ended(uint64_t now) const { return measuring_ && now >= window_ + length_; }

  /** Seconds of the window so far. */
  double elapsed(uint64_t now) const { return measuring_ ? to_seconds(now - window_) : 0; }

  /** Connections that must have been opened by `now`, those before the window included. */
  uint64_t due(uint64_t now) const {
    return rate_ == 0 ? UINT64_MAX : static_cast<uint64_t>(to_seconds(now - begin_) * rate_);
  }

  /** When something is to be done next. @param opened connections so far */
  uint64_t next(uint64_t opened) const {
    const uint64_t border = window_ + (measuring_ ? length_ : 0);
    if (rate_ == 0) return border;
    return std::min(border, begin_ + to_ns(static_cast<double>(opened + 1) / rate_));
  }

 private:
  double rate_;
  uint64_t length_;
  uint64_t begin_;
  /** When the window begins, or began. */
  uint64_t window_;
  bool measuring_ = false;
};

}  // namespace connections
