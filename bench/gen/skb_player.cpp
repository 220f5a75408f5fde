#include <time.h>

#include <algorithm>
#include <cstring>

#include "../lib/process.hpp"
#include "pace.h"
#include "player.hpp"
#include "stamp.h"
#include "transmit_socket.hpp"

namespace gen {
namespace {

/** Frames per kick while a rate is kept: a burst of more would be seen as delay and loss. */
constexpr uint32_t kPacedBatch = 8;

constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 500'000};
/** What the kernel does not take in this time was not sent. */
constexpr uint64_t kDrainNs = 1'000'000'000;

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

class Player {
 public:
  explicit Player(const Order& order)
      : order_(order), socket_(order.ifname, longest_frame(order.templates), order.batch) {
    if (order.rate > 0) pace_.interval = static_cast<uint64_t>(65536e9 / order.rate);
  }

  Sent play() {
    uint64_t now = pace_.start = pace_.last = now_ns();
    const uint64_t end = now + static_cast<uint64_t>(order_.seconds * 1e9);
    while (now < end && stopped == 0 && !finished()) {
      sent_.frames += socket_.queue(due(now), [&](uint8_t* at) { return write(at, now); });
      socket_.kick();
      now = now_ns();
    }
    for (; socket_.waiting() > 0 && now < end + kDrainNs; now = now_ns()) {
      socket_.reclaim();
      socket_.kick();
    }
    sent_.frames -= socket_.waiting();
    sent_.started = static_cast<double>(pace_.start) / 1e9;
    sent_.seconds = static_cast<double>(now - pace_.start) / 1e9;
    sent_.idle = static_cast<double>(pace_.idle) / 1e9;
    sent_.mode = socket_.mode();
    return sent_;
  }

 private:
  bool finished() const { return order_.frames > 0 && sent_.frames >= order_.frames; }

  /** How many frames may go now; waits for the first one by looking at the clock. */
  uint32_t due(uint64_t& now) {
    const uint64_t left = order_.frames > 0 ? order_.frames - sent_.frames : order_.batch;
    const auto most = static_cast<uint32_t>(std::min<uint64_t>(order_.batch, left));
    if (pace_.interval == 0) return most;
    if (pace_allows(&pace_, now) == 0) {
      if (order_.sleeps) nanosleep(&kNap, nullptr);
      return 0;
    }
    uint32_t count = 1;
    while (count < std::min(most, kPacedBatch) && pace_allows(&pace_, now) != 0) count++;
    return count;
  }

  uint32_t write(uint8_t* at, uint64_t now) {
    const Template& from = order_.templates[next_];
    if (++next_ == order_.templates.size()) next_ = 0;
    std::memcpy(at, from.head.data(), from.head.size());
    if (order_.stamp_at > 0) {
      const bool timed = (sequence_ & order_.time_mask) == 0;
      write_stamp(at + order_.stamp_at, order_.tag, sequence_, timed ? now : 0);
    }
    sequence_++;
    sent_.bytes += from.length;
    return from.length;
  }

  const Order& order_;
  TransmitSocket socket_;
  pace pace_{};
  Sent sent_{};
  size_t next_ = 0;
  uint32_t sequence_ = 0;
};

}  // namespace

Sent play_skbs(const Order& order) {
  return Player(order).play();
}

}  // namespace gen
