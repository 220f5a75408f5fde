#pragma once
// Counters live in memory that JavaScript maps too: kMaxWorkers worker blocks, then kMaxPorts port
// blocks for each worker and for the flow lane. One writer per block, relaxed stores; readers never
// stop it. JS learns the layout from the addon, nothing is repeated.
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "graph/drop_reason.hpp"

namespace millrace {

constexpr std::uint32_t kCounterSlots = 64;
constexpr std::uint32_t kMaxPorts = 1024;
constexpr std::uint32_t kMaxWorkers = 16;

enum PortCounter : std::uint32_t {
  kRxPackets,
  kRxBytes,
  kTxPackets,
  kTxBytes,
  kIcmpErrors,     // ICMP and ICMPv6 errors sent toward this port
  kIcmpLimited,    // errors not sent because of the rate limit
  kTxKicks,        // sendto() calls
  kTxStalls,       // kicks that the kernel answered with EAGAIN, EBUSY or ENOBUFS
  kFloodCopies,    // frames copied to reach more than one port of a bridge domain
  kMacMoves,       // learned addresses that turned up here and were elsewhere before
  kLanePackets,    // of those received, forwarded by the flow lane
  kTxLivePackets,  // of those sent, as live frames
  kTxMoves,        // between the TX ring and live frames
  kPortCounterCount,
  kFirstDrop = 16,
};

constexpr std::array<std::string_view, kPortCounterCount> kPortCounterNames = {
    "rx_packets",   "rx_bytes",        "tx_packets", "tx_bytes",     "icmp_errors",
    "icmp_limited", "tx_kicks",        "tx_stalls",  "flood_copies", "mac_moves",
    "lane_packets", "tx_live_packets", "tx_moves"};

enum WorkerCounter : std::uint32_t {
  kRounds,
  kBusyRounds,
  kSleeps,
  kFramesFree,
  kFramesTotal,
  kWorkerCounterCount
};

constexpr std::array<std::string_view, kWorkerCounterCount> kWorkerCounterNames = {
    "rounds", "busy_rounds", "sleeps", "frames_free", "frames_total"};

static_assert(kFirstDrop >= kPortCounterCount);
static_assert(kFirstDrop + static_cast<std::uint32_t>(DropReason::kCount) <= kCounterSlots);

struct CounterBlock {
  std::array<std::atomic<std::uint64_t>, kCounterSlots> slots{};

  void add(std::uint32_t slot, std::uint64_t n) {
    auto& counter = slots[slot];
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::uint32_t slot, std::uint64_t n) { slots[slot].store(n, std::memory_order_relaxed); }
  std::uint64_t get(std::uint32_t slot) const {
    return slots[slot].load(std::memory_order_relaxed);
  }

  void drop(DropReason reason) { add(kFirstDrop + static_cast<std::uint32_t>(reason), 1); }
  std::uint64_t drops(DropReason reason) const {
    return get(kFirstDrop + static_cast<std::uint32_t>(reason));
  }
};
static_assert(sizeof(CounterBlock) == kCounterSlots * sizeof(std::uint64_t));
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace millrace
