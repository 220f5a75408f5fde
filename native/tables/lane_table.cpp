#include "tables/lane_table.hpp"

#include <bit>
#include <cassert>
#include <cstring>

namespace millrace {

namespace {

constexpr std::uint64_t kBytesMask = (std::uint64_t{1} << MILLRACE_LANE_BYTE_BITS) - 1;

// Odd while it is written. Who finds it odd leaves the entry alone.
bool lock(millrace_lane& entry) {
  const std::atomic_ref version(entry.version);
  std::uint32_t even = version.load(std::memory_order_relaxed) & ~1u;
  return version.compare_exchange_strong(even, even + 1, std::memory_order_acquire,
                                         std::memory_order_relaxed);
}

void unlock(millrace_lane& entry) {
  std::atomic_ref(entry.version).fetch_add(1, std::memory_order_release);
}

bool is_free(const millrace_lane& entry) {
  return entry.key[1] == 0;
}

bool has_key(const millrace_lane& entry, const LaneFlow& flow) {
  return std::memcmp(entry.key, flow.key, sizeof(entry.key)) == 0;
}

// Its traffic counts for the same ports.
bool has_way(const millrace_lane& entry, const LaneFlow& flow) {
  return entry.out == flow.out && entry.tunnel == flow.tunnel && entry.action == flow.action;
}

void write(millrace_lane& entry, const LaneFlow& flow, std::uint64_t now_ns) {
  std::memcpy(entry.key, flow.key, sizeof(entry.key));
  std::memcpy(entry.match, flow.match, sizeof(entry.match));
  std::memcpy(entry.ethernet, flow.ethernet, sizeof(entry.ethernet));
  entry.generation = flow.generation;
  entry.out = flow.out;
  entry.longest = flow.longest;
  entry.action = flow.action;
  entry.tunnel = flow.tunnel;
  entry.outer_source = flow.outer_source;
  entry.outer_destination = flow.outer_destination;
  entry.confirm_at = now_ns + LaneTable::kConfirmNs;
  entry.dead_at = now_ns + LaneTable::kPatienceNs;
}

}  // namespace

LaneTable::LaneTable(const Memory& memory, std::uint64_t seed)
    : memory_(memory),
      used_((memory.entries.size() + kBits - 1) / kBits),
      seen_(memory.entries.size()) {
  assert(std::has_single_bit(memory.entries.size()));
  memory_.state.seed = seed;
  memory_.state.mask = static_cast<std::uint32_t>(memory.entries.size()) / MILLRACE_LANE_WAYS - 1;
}

// Where the flow is, or else where it may be; null when all places are taken.
millrace_lane* LaneTable::place_for(const LaneFlow& flow) const {
  const std::uint64_t hash = millrace_lane_hash(memory_.state.seed, flow.key);
  millrace_lane* place = nullptr;
  for (millrace_lane* first : {bucket(hash), bucket(hash >> 32)})
    for (millrace_lane* entry = first; entry < first + MILLRACE_LANE_WAYS; ++entry) {
      if (has_key(*entry, flow)) return entry;
      if (place == nullptr && is_free(*entry)) place = entry;
    }
  return place;
}

bool LaneTable::put(const LaneFlow& flow, std::uint64_t now_ns) {
  millrace_lane* const entry = place_for(flow);
  if (entry == nullptr || !lock(*entry)) return false;
  const bool fresh = is_free(*entry);
  const bool may = fresh || (has_key(*entry, flow) && has_way(*entry, flow));
  if (may) {
    note_scope(flow);
    write(*entry, flow, now_ns);
    memory_.outers[index_of(*entry)] = flow.outer;
  }
  if (fresh) mark(*entry, millrace_lane_tag(millrace_lane_hash(memory_.state.seed, flow.key)));
  unlock(*entry);
  return may;
}

bool LaneTable::has(const LaneFlow& flow, std::uint64_t now_ns) const {
  const millrace_lane* const entry = place_for(flow);
  return entry != nullptr && has_key(*entry, flow) && has_way(*entry, flow) &&
         entry->generation == generation_.now() && now_ns < entry->dead_at;
}

// A cache line that the program reads for each packet: written when that changes it.
void LaneTable::note_scope(const LaneFlow& flow) {
  const std::atomic_ref scopes(memory_.state.scopes);
  if ((scopes.load(std::memory_order_relaxed) & scope_bit(flow)) == 0)
    scopes.fetch_or(scope_bit(flow), std::memory_order_relaxed);
}

void LaneTable::mark(const millrace_lane& entry, std::uint32_t tag) {
  const std::size_t index = index_of(entry);
  std::uint32_t& place = memory_.tags[index / MILLRACE_LANE_WAYS].tag[index % MILLRACE_LANE_WAYS];
  std::atomic_ref(place).store(tag, std::memory_order_release);
  const std::uint64_t bit = std::uint64_t{1} << (index % kBits);
  Word& word = used_[index / kBits];
  if (tag != 0)
    word.fetch_or(bit, std::memory_order_release);
  else
    word.fetch_and(~bit, std::memory_order_release);
}

void LaneTable::set_target(std::uint16_t port, bool usable) {
  const std::atomic_ref target(memory_.targets[port].usable);
  if ((target.exchange(usable, std::memory_order_relaxed) != 0) == usable) return;
  if (!usable) generation_.changed();
}

LaneTable::Traffic LaneTable::traffic_since(std::size_t index, std::uint64_t now_ns) {
  millrace_lane& entry = memory_.entries[index];
  Seen& seen = seen_[index];
  const std::uint64_t passed = std::atomic_ref(entry.passed).load(std::memory_order_relaxed);
  const std::uint64_t more = passed - seen.passed;
  const bool quiet = more == 0 && seen.since_ns != 0;
  seen = {passed, quiet ? seen.since_ns : now_ns};
  return {more >> MILLRACE_LANE_BYTE_BITS, more & kBytesMask};
}

bool LaneTable::has_ended(const millrace_lane& entry, std::uint64_t now_ns) const {
  return entry.generation != generation_.now() || entry.confirm_at > entry.dead_at ||
         now_ns - seen_[index_of(entry)].since_ns >= kIdleNs;
}

void LaneTable::end(millrace_lane& entry) {
  if (!lock(entry)) return;
  entry.dead_at = 0;
  unlock(entry);
}

bool LaneTable::free(millrace_lane& entry) {
  if (!lock(entry)) return false;
  const bool ended = entry.dead_at == 0;
  if (ended) {
    std::memset(entry.key, 0, sizeof(entry.key));
    seen_[index_of(entry)].since_ns = 0;
    mark(entry, 0);
  }
  unlock(entry);
  return ended;
}

}  // namespace millrace
