#pragma once
// The flow lane from the ring loop's side (bpf/lane.h): workers write entries, the XDP program
// reads and counts them, one control thread takes out what is no longer used.
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "bpf/lane.h"
#include "tables/generation.hpp"

namespace millrace {

// A flow as a worker has seen it forwarded: all fields of an entry but version, times and counters,
// and what goes in front of its packets.
struct LaneFlow : millrace_lane {
  millrace_lane_outer outer;
};

class LaneTable {
 public:
  // A packet of a flow goes through the loop once in this time. Without an answer the flow ends
  // when as much again and more has passed.
  static constexpr std::uint64_t kConfirmNs = 2'000'000'000;
  static constexpr std::uint64_t kPatienceNs = 4'000'000'000;
  static constexpr std::uint64_t kIdleNs = 30'000'000'000;

  // Shared with the program, zero at first; outlives the table. The number of entries is a power
  // of two, and there is a target for each port.
  struct Memory {
    std::span<millrace_lane> entries;
    std::span<millrace_lane_outer> outers;  // as many
    std::span<millrace_lane_tags> tags;     // one for each bucket
    millrace_lane_state& state;
    std::span<millrace_lane_target> targets;
  };
  // seed: nobody outside knows it, so that nobody can choose flows that share a bucket.
  LaneTable(const Memory& memory, std::uint64_t seed);
  LaneTable(const LaneTable&) = delete;
  LaneTable& operator=(const LaneTable&) = delete;

  Generation& generation() { return generation_; }

  // Any worker. Writes the flow, valid under `flow.generation`. False when it stays with the loop
  // for now: no room, another worker at the same place, or a flow that has just taken another way
  // and whose traffic is not accounted for yet.
  bool put(const LaneFlow& flow, std::uint64_t now_ns);
  // Any thread. Whether the program forwards such packets now.
  bool has(const LaneFlow& flow, std::uint64_t now_ns) const;
  // Whether flows may leave by the port.
  bool leads_to(std::uint16_t port) const {
    return std::atomic_ref(memory_.targets[port].usable).load(std::memory_order_relaxed) != 0;
  }
  // Frames that the device of the port has not taken.
  std::uint64_t drops(std::uint16_t port) const {
    return std::atomic_ref(memory_.targets[port].drops).load(std::memory_order_relaxed);
  }

  // Control side only from here on.
  void open(bool on) { std::atomic_ref(memory_.state.open).store(on, std::memory_order_release); }
  // Ends the flows that leave by the port when they may no longer.
  void set_target(std::uint16_t port, bool usable);

  struct Traffic {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;  // as the frames came in
  };
  // Calls visit(const millrace_lane&, const Traffic&) for each flow with what has passed since the
  // last sweep; ends flows that nothing has passed for kIdleNs, and those that are no longer valid.
  // Returns how many there are.
  template <class Visit>
  std::uint32_t sweep(std::uint64_t now_ns, Visit visit);

 private:
  struct Seen {
    std::uint64_t passed = 0;
    std::uint64_t since_ns = 0;  // nothing has passed since then
  };
  using Word = std::atomic<std::uint64_t>;
  static constexpr std::uint32_t kBits = 64;

  millrace_lane* bucket(std::uint64_t hash) const {
    return &memory_.entries[(hash & memory_.state.mask) * MILLRACE_LANE_WAYS];
  }
  millrace_lane* place_for(const LaneFlow& flow) const;
  void note_scope(const LaneFlow& flow);
  static std::uint32_t scope_bit(const millrace_lane& entry) {
    return 1u << millrace_lane_scope(entry.key);
  }
  std::size_t index_of(const millrace_lane& entry) const {
    return static_cast<std::size_t>(&entry - memory_.entries.data());
  }
  // tag: 0: free.
  void mark(const millrace_lane& entry, std::uint32_t tag);
  Traffic traffic_since(std::size_t index, std::uint64_t now_ns);
  bool has_ended(const millrace_lane& entry, std::uint64_t now_ns) const;
  // Nothing, when a worker writes it right now.
  static void end(millrace_lane& entry);
  // False when it has been written anew since it ended.
  bool free(millrace_lane& entry);

  const Memory memory_;
  Generation generation_{memory_.state.generation};
  std::vector<Word> used_;  // a bit for each entry
  std::vector<Seen> seen_;
};

template <class Visit>
std::uint32_t LaneTable::sweep(std::uint64_t now_ns, Visit visit) {
  std::uint32_t count = 0;
  std::uint32_t scopes = 0;
  for (std::size_t word = 0; word < used_.size(); ++word) {
    for (std::uint64_t bits = used_[word].load(std::memory_order_acquire); bits != 0;
         bits &= bits - 1) {
      const std::size_t index = word * kBits + static_cast<std::size_t>(__builtin_ctzll(bits));
      millrace_lane& entry = memory_.entries[index];
      const Traffic traffic = traffic_since(index, now_ns);
      if (traffic.packets != 0) visit(entry, traffic);
      // In two steps: what the program was about to count when a flow ended is seen in the next
      // sweep, and only then may another flow have the place.
      if (entry.dead_at == 0) {
        if (free(entry)) continue;
      } else if (has_ended(entry, now_ns)) {
        end(entry);
      }
      scopes |= scope_bit(entry);
      ++count;
    }
  }
  // A flow that has come meanwhile misses once, goes through the loop and is noted again.
  const std::atomic_ref state(memory_.state.scopes);
  if (state.load(std::memory_order_relaxed) != scopes)
    state.store(scopes, std::memory_order_relaxed);
  return count;
}

}  // namespace millrace
