#pragma once
// Live-frame transmit of one worker: frames of its ports are collected and leave as XDP frames, in
// one system call that is the kick of them all. Toward a veth that costs a third of what AF_XDP
// does, but each call costs as much as 48 frames (it makes a page pool), so few frames leave by the
// TX rings.
#include <array>
#include <cstdint>

#include "engine/frame_pool.hpp"
#include "engine/live_program.hpp"
#include "engine/packet.hpp"

namespace millrace {

class XskPort;

class LiveTransmit {
 public:
  static constexpr std::uint32_t kFrames = MILLRACE_LIVE_FRAMES;
  // Below which the TX rings are the cheaper way.
  static constexpr std::uint32_t kWorthACall = 48;

  explicit LiveTransmit(FramePool& pool) : pool_(pool) {}

  // Only between rounds. Null: no frame may be put any more.
  void install(LiveProgram* program);
  bool installed() const { return program_ != nullptr; }

  // Sends what waits unless a frame of this length fits beside it. That may end live-frame transmit
  // of ports.
  void make_room(std::uint32_t length);
  // Takes the frame over: one buffer, at most MILLRACE_LIVE_LONGEST bytes. There is room for it.
  // always: however few there are.
  void put(XskPort& port, const Packet& packet, bool always);
  // Sends what waits. more: another full burst is likely behind it, so it may wait a few rounds.
  void flush(bool more);
  bool waiting() const { return count_ != 0; }

  // What receivers may keep, per second. A call whose frames are not all freed when it returns
  // leaves a page pool behind for a second at least.
  struct HeldLimits {
    std::uint32_t calls = 4096;
    std::uint32_t pages = 8192;
  };
  // Only between rounds.
  HeldLimits held_limits;

 private:
  struct Entry {
    XskPort* port;
    std::uint8_t* data;
    std::uint32_t length;
    std::uint32_t frame;
  };
  enum class Fate : std::uint8_t { kSent, kLost, kBack };

  void kick();
  std::uint32_t describe_frames();
  void settle(int error);
  void settle_all_sent();
  void judge(int error);
  void judge_bulk(const millrace_live_bulk& bulk, std::uint32_t cursor);
  std::uint32_t next_of(const XskPort& port, std::uint32_t from, std::uint32_t cursor) const;
  void carry_out();
  void send_by_rings();
  void watch_held();

  FramePool& pool_;
  LiveProgram* program_ = nullptr;
  std::array<Entry, kFrames> entries_;
  std::array<Fate, kFrames> fates_;
  std::uint32_t count_ = 0;
  std::uint32_t bytes_ = 0;
  std::uint32_t rounds_ = 0;  // that the first one has waited
  bool always_ = false;
  std::uint64_t second_ = 0;  // in which the following are counted
  std::uint32_t held_calls_ = 0;
  std::uint32_t held_pages_ = 0;
};

}  // namespace millrace
