#include "impairment.hpp"

#include <algorithm>

namespace impair {

namespace {

constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kTtl = kEthernetBytes + 8;
constexpr std::size_t kChecksum = kEthernetBytes + 10;
constexpr std::size_t kIpv4End = kEthernetBytes + 20;

bool is_nth(std::uint64_t count, std::uint64_t every) {
  return every != 0 && count % every == 0;
}

std::uint32_t load16(const std::uint8_t* at) {
  return (static_cast<std::uint32_t>(at[0]) << 8) | at[1];
}

}  // namespace

Impairment::Impairment(const Faults& faults, Frames& frames)
    : faults_(faults), service_(faults.capacity > 0 ? 1e9 / faults.capacity : 0), frames_(frames) {}

void Impairment::accept(const Frame& frame) {
  if (counters.received++ == 0) counters.first = frame.arrived;
  counters.last = frame.arrived;
  ++seen_;
  if (is_nth(seen_, faults_.lose_every)) {
    ++counters.lost;
    frames_.give(frame.address);
    return;
  }
  const bool twice = is_nth(seen_, faults_.duplicate_every);
  if (is_nth(seen_, faults_.reorder_every)) {
    ++counters.reordered;
    held_.push_back({frame, passed_ + faults_.reorder_by, twice});
    return;
  }
  pass(frame, twice);
  ++passed_;
  for (; !held_.empty() && held_.front().until <= passed_; held_.pop_front())
    pass(held_.front().frame, held_.front().twice);
}

void Impairment::release_held(std::uint64_t now) {
  for (; !held_.empty(); held_.pop_front()) {
    Held& held = held_.front();
    if (held.until == passed_ + faults_.reorder_by) --counters.reordered;
    held.frame.arrived = now;
    pass(held.frame, held.twice);
  }
}

void Impairment::pass(const Frame& frame, bool twice) {
  if (faults_.ttl > 0) decrement_ttl(frame);
  // Before the original leaves: a frame that overflows is free, and may be written to, at once.
  const auto twin = twice ? frames_.copy(frame) : std::nullopt;
  leave(frame);
  if (twin) {
    ++counters.duplicated;
    leave(*twin);
  } else if (twice) {
    ++counters.missed;
  }
}

// One that was held back leaves when the frame before it does, at the earliest.
void Impairment::leave(const Frame& frame) {
  double due = std::max(last_due_, static_cast<double>(frame.arrived) + faults_.delay);
  last_due_ = due;
  if (service_ > 0 && !serve(due)) {
    ++counters.overflow;
    frames_.give(frame.address);
    return;
  }
  if (faults_.delay > 0) ++counters.delayed;
  leaving_.push_back({frame, static_cast<std::uint64_t>(due)});
}

// A single server with constant service time and a queue in front of it. It is computed and not
// lived through, so that a pause of this process does not change what is dropped.
bool Impairment::serve(double& due) {
  const double start = std::max(due, busy_until_);
  if (start - due > service_ * faults_.queue) return false;
  busy_until_ = due = start + service_;
  return true;
}

const Frame* Impairment::due(std::uint64_t now) const {
  if (leaving_.empty() || leaving_.front().due > now) return nullptr;
  return &leaving_.front().frame;
}

void Impairment::sent() {
  ++counters.forwarded;
  leaving_.pop_front();
}

// RFC 1624 section 3: the checksum follows from the difference. A TTL that is too small stays.
void Impairment::decrement_ttl(const Frame& frame) const {
  std::uint8_t* const data = frames_.data(frame);
  if (frame.length < kIpv4End || load16(data + 12) != 0x0800 || data[kTtl] <= faults_.ttl) return;
  const std::uint32_t before = load16(data + kTtl);
  data[kTtl] = static_cast<std::uint8_t>(data[kTtl] - faults_.ttl);
  std::uint32_t sum =
      (~load16(data + kChecksum) & 0xffff) + (~before & 0xffff) + load16(data + kTtl);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
  data[kChecksum] = static_cast<std::uint8_t>(sum >> 8);
  data[kChecksum + 1] = static_cast<std::uint8_t>(sum);
}

}  // namespace impair
