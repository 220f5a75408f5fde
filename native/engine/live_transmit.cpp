#include "engine/live_transmit.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/xsk_port.hpp"
#include "graph/clock.hpp"

namespace millrace {

namespace {

// Rounds that frames may wait for more of a stream that fills its bursts.
constexpr std::uint32_t kMostRounds = 8;
constexpr std::uint32_t kLineBytes = 64;

constexpr std::uint32_t room_for(std::uint32_t length) {
  return (length + kLineBytes - 1) / kLineBytes * kLineBytes;
}

}  // namespace

void LiveTransmit::install(LiveProgram* program) {
  flush(false);
  program_ = program;
}

void LiveTransmit::make_room(std::uint32_t length) {
  if (count_ == kFrames || bytes_ + room_for(length) > MILLRACE_LIVE_BYTES) kick();
}

void LiveTransmit::put(XskPort& port, const Packet& packet, bool always) {
  entries_[count_++] = {&port, packet.data, packet.length, packet.frame};
  bytes_ += room_for(packet.length);
  always_ |= always;
  ++port.live_waiting;
}

void LiveTransmit::flush(bool more) {
  if (count_ == 0) return;
  if (more && count_ < kFrames && ++rounds_ < kMostRounds) return;
  kick();
}

void LiveTransmit::kick() {
  if (program_ == nullptr || (count_ < kWorthACall && !always_)) {
    send_by_rings();
  } else {
    entries_[0].port->count_kick();
    const std::uint32_t longest = describe_frames();
    settle(program_->send(count_, longest));
  }
  count_ = 0;
  bytes_ = 0;
  rounds_ = 0;
  always_ = false;
}

std::uint32_t LiveTransmit::describe_frames() {
  millrace_live& batch = program_->batch();
  std::uint32_t offset = 0;
  std::uint32_t longest = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    const Entry& entry = entries_[i];
    std::memcpy(batch.data + offset, entry.data, entry.length);
    batch.frames[i] = {offset, static_cast<std::uint16_t>(entry.length), entry.port->config.index,
                       0};
    offset += room_for(entry.length);
    longest = std::max(longest, entry.length);
  }
  return longest;
}

void LiveTransmit::settle(int error) {
  const millrace_live& batch = program_->batch();
  if (error == 0 && batch.refused == 0) {
    settle_all_sent();
  } else {
    judge(error);
    carry_out();
  }
  if (batch.held != 0) watch_held();
}

void LiveTransmit::settle_all_sent() {
  for (std::uint32_t i = 0; i < count_;) {
    XskPort& port = *entries_[i].port;
    const std::uint32_t begin = i;
    std::uint64_t bytes = 0;
    for (; i < count_ && entries_[i].port == &port; ++i) {
      bytes += entries_[i].length;
      pool_.put(entries_[i].frame);
    }
    port.live_waiting -= i - begin;
    port.count_live(i - begin, bytes);
  }
}

// What became of each frame. A frame that no bulk tells of was sent, if the program saw it.
void LiveTransmit::judge(int error) {
  const millrace_live& batch = program_->batch();
  const std::uint32_t cursor = std::min(batch.cursor, count_);
  for (std::uint32_t i = 0; i < count_; ++i) {
    XskPort& port = *entries_[i].port;
    port.live_judged = 0;
    const bool refused = i < cursor && batch.frames[i].refused != 0;
    fates_[i] = i < cursor && !refused ? Fate::kSent : Fate::kBack;
    if (refused) port.end_live(LiveEnd::kRefused);
  }
  for (std::uint32_t i = 0; i < batch.bulks; ++i) judge_bulk(batch.bulk[i], cursor);
  if (error == 0) return;
  for (std::uint32_t i = cursor; i < count_; ++i) entries_[i].port->end_live(LiveEnd::kFailed);
}

// The next frame for the port that went to its device.
std::uint32_t LiveTransmit::next_of(const XskPort& port, std::uint32_t from,
                                    std::uint32_t cursor) const {
  const millrace_live& batch = program_->batch();
  while (from < cursor && (entries_[from].port != &port || batch.frames[from].refused != 0)) ++from;
  return from;
}

// A device takes frames in order and refuses those behind. Without an error its ring is full, which
// is the end of the frame as that of a TX ring would be; with one it takes none at all.
void LiveTransmit::judge_bulk(const millrace_live_bulk& bulk, std::uint32_t cursor) {
  const auto* const found = std::find_if(
      entries_.begin(), entries_.begin() + cursor,
      [&](const Entry& entry) { return entry.port->ifindex == static_cast<int>(bulk.ifindex); });
  if (found == entries_.begin() + cursor) return;
  XskPort& port = *found->port;
  std::uint32_t place = port.live_judged;
  for (std::uint32_t i = 0; i < std::uint32_t{bulk.sent} + bulk.refused; ++i) {
    place = next_of(port, place, cursor);
    if (place == cursor) break;
    if (i >= bulk.sent) fates_[place] = bulk.error == 0 ? Fate::kLost : Fate::kBack;
    ++place;
  }
  port.live_judged = place;
  if (bulk.error != 0) port.end_live(LiveEnd::kRefused);
}

void LiveTransmit::carry_out() {
  for (std::uint32_t i = 0; i < count_; ++i) {
    const Entry& entry = entries_[i];
    --entry.port->live_waiting;
    if (fates_[i] == Fate::kBack) {
      entry.port->send_by_ring({.data = entry.data, .length = entry.length, .frame = entry.frame});
      continue;
    }
    pool_.put(entry.frame);
    if (fates_[i] == Fate::kSent)
      entry.port->count_live(1, entry.length);
    else
      entry.port->count_lost();
  }
}

void LiveTransmit::send_by_rings() {
  for (std::uint32_t i = 0; i < count_; ++i) {
    const Entry& entry = entries_[i];
    --entry.port->live_waiting;
    entry.port->send_by_ring({.data = entry.data, .length = entry.length, .frame = entry.frame});
  }
}

// Sockets keep frames until somebody reads them. The memory of their page pools must stay bounded,
// so ports whose frames are kept in numbers go back to their TX rings.
void LiveTransmit::watch_held() {
  const std::uint64_t second = coarse_clock() / kSecondNs;
  if (std::exchange(second_, second) != second) held_calls_ = held_pages_ = 0;
  held_pages_ += program_->batch().held;
  if (++held_calls_ < held_limits.calls && held_pages_ < held_limits.pages) return;
  held_calls_ = held_pages_ = 0;
  for (std::uint32_t i = 0; i < count_; ++i) entries_[i].port->end_live(LiveEnd::kHeld);
}

}  // namespace millrace
