#pragma once
// What passes between workers: frames for a port that another worker serves, and frames on their
// way home to the pool they came from. One ring for each ordered pair, so nobody locks.
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/bell.hpp"
#include "engine/packet.hpp"
#include "engine/spsc_ring.hpp"

namespace millrace {

// A packet that is ready to leave.
struct Handoff {
  std::uint8_t* data;
  std::uint32_t length;
  std::uint32_t frame;
  std::uint32_t tail;
  std::uint32_t tail_length;
  std::uint16_t port;
  std::uint16_t checksum_start;
  std::uint16_t checksum_offset;
};

class Exchange {
 public:
  static constexpr std::uint32_t kHandoffs = 2048;

  // frames_per_worker: a power of two. Throws std::system_error.
  Exchange(std::uint32_t workers, std::uint32_t frames_per_worker);

  std::uint32_t workers() const { return workers_; }
  SpscRing<Handoff>& packets(std::uint32_t from, std::uint32_t to) {
    return pair(from, to).packets;
  }
  SpscRing<std::uint32_t>& homebound(std::uint32_t from, std::uint32_t to) {
    return pair(from, to).homebound;
  }
  std::uint32_t home_of(std::uint32_t frame) const { return frame / frames_per_worker_; }

  Bell& bell(std::uint32_t worker) { return *bells_[worker]; }
  // Nothing is on its way to the worker.
  bool is_quiet(std::uint32_t worker);

 private:
  struct Pair {
    Pair(std::uint32_t handoffs, std::uint32_t frames) : packets(handoffs), homebound(frames) {}
    SpscRing<Handoff> packets;
    SpscRing<std::uint32_t> homebound;
  };
  Pair& pair(std::uint32_t from, std::uint32_t to) { return *pairs_[from * workers_ + to]; }

  const std::uint32_t workers_;
  const std::uint32_t frames_per_worker_;
  std::vector<std::unique_ptr<Pair>> pairs_;  // null from a worker to itself
  std::vector<std::unique_ptr<Bell>> bells_;
};

}  // namespace millrace
