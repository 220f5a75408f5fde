#include "tables/next_hops.hpp"

#include <stdexcept>
#include <utility>

namespace millrace {

NextHops::NextHops(AdjacencyTable& table, std::uint32_t counters) : table_(table) {
  for (std::uint32_t i = counters; i > 0; --i) free_counters_.push_back(i - 1);
}

NextHops::~NextHops() = default;

NextHops::Entry& NextHops::entry(std::uint32_t number) {
  if (number >= entries_.size()) entries_.resize(number + 1);
  return entries_[number];
}

const NextHops::Entry& NextHops::entry(std::uint32_t number) const {
  static const Entry kNoEntry{};
  return number < entries_.size() ? entries_[number] : kNoEntry;
}

std::uint32_t NextHops::allocate(Kind kind, std::uint32_t id) {
  const std::uint32_t number = table_.allocate();
  if (number == kNextHopNone) throw std::length_error("the table of next hops is full");
  entry(number) = {.kind = kind, .references = 0, .id = id};
  return number;
}

void NextHops::hold(std::uint32_t number) {
  if (number >= kFirstAdjacency) ++entry(number).references;
}

void NextHops::release(std::uint32_t number) {
  if (number < kFirstAdjacency || --entry(number).references > 0) return;
  free_number(number);
}

void NextHops::free_number(std::uint32_t number) {
  const Entry old = entry(number);
  if (old.kind == Kind::kPod) return;  // lives as long as its port
  old_numbers_.push_back(number);
  entry(number) = {};
  switch (old.kind) {
    case Kind::kNeighbour:
      old.neighbour->number = kNextHopNone;
      return forget_if_unused(*old.neighbour);
    case Kind::kGlean:
      state_of(static_cast<std::uint16_t>(old.id)).glean = kNextHopNone;
      return;
    case Kind::kLeak:
      leaks_.erase(old.id);
      return;
    case Kind::kCounted:
      old_counters_.push_back(old.counter);
      return release(old.id);
    case Kind::kGroup:
      return free_group(*old.group);
    default:
      return;
  }
}

std::uint32_t NextHops::acquire(std::span<const NextHop> hops, std::uint32_t before) {
  if (hops.size() == 1) return acquire_one(hops[0]);
  std::map<std::uint32_t, std::uint32_t> weights;  // of the distinct ones
  try {
    for (const NextHop& hop : hops) {
      const std::uint32_t number = acquire_one(hop);
      const auto [at, added] = weights.try_emplace(number, hop.weight);
      if (added) continue;
      at->second += hop.weight;
      release(number);
    }
    if (weights.size() == 1) return weights.begin()->first;
    GroupMembers members;
    for (const auto& [number, weight] : weights) members.push_back({number, weight});
    return acquire_group(std::move(members), before);
  } catch (...) {
    for (const auto& [number, weight] : weights) release(number);
    throw;
  }
}

std::uint32_t NextHops::acquire_one(const NextHop& hop) {
  if (hop.has_address) return acquire(neighbour_for(hop.port, hop.address));
  PortState& state = state_of(hop.port);
  if (state.port.uplink) return acquire_glean(state);
  hold(kFirstAdjacency + hop.port);
  return kFirstAdjacency + hop.port;
}

std::uint32_t NextHops::acquire_glean(PortState& state) {
  if (state.glean == kNextHopNone) {
    state.glean = allocate(Kind::kGlean, state.port.index);
    publish_glean(state);
  }
  hold(state.glean);
  return state.glean;
}

std::uint32_t NextHops::acquire_leak(const Vrf& target, std::uint32_t target_id) {
  std::uint32_t& number = leaks_[target_id];
  if (number == kNextHopNone) {
    number = allocate(Kind::kLeak, target_id);
    Adjacency adjacency;
    adjacency.kind = AdjacencyKind::kLeak;
    adjacency.vrf = &target;
    table_.publish(number, adjacency);
  }
  hold(number);
  return number;
}

std::uint32_t NextHops::acquire_counted(std::uint32_t child) {
  if (free_counters_.empty()) throw std::length_error("every route counter is taken");
  const std::uint32_t number = allocate(Kind::kCounted, child);
  const std::uint32_t counter = free_counters_.back();
  Adjacency adjacency;
  adjacency.kind = AdjacencyKind::kCounted;
  adjacency.child = child;
  adjacency.counter = counter;
  table_.publish(number, adjacency);
  free_counters_.pop_back();
  entry(number).counter = counter;
  hold(number);
  return number;
}

// A number leads where it did until no worker can come from a FIB that has it: the packet that is
// under way when its route is replaced is not to be told that there is none.
void NextHops::reclaim() {
  for (const std::uint32_t number : old_numbers_) table_.release(number);
  old_numbers_.clear();
  table_.reclaim();
  free_counters_.insert(free_counters_.end(), old_counters_.begin(), old_counters_.end());
  old_counters_.clear();
  old_neighbours_.clear();
}

bool NextHops::has_retired() const {
  return table_.has_retired() || !old_numbers_.empty() || !old_counters_.empty() ||
         !old_neighbours_.empty();
}

}  // namespace millrace
