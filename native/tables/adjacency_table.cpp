#include "tables/adjacency_table.hpp"

namespace millrace {

const Adjacency AdjacencyTable::kNoRoute{};

AdjacencyTable::AdjacencyTable(std::uint32_t first_free)
    : slots_(new std::atomic<const Adjacency*>[kCapacity]), next_(first_free) {
  for (std::uint32_t i = 0; i < kCapacity; ++i)
    slots_[i].store(&kNoRoute, std::memory_order_relaxed);
  const auto fix = [&](std::uint32_t number, AdjacencyKind kind) {
    Adjacency adjacency;
    adjacency.kind = kind;
    publish(number, adjacency);
  };
  fix(kNextHopLocal, AdjacencyKind::kLocal);
  fix(kNextHopBlackhole, AdjacencyKind::kBlackhole);
  fix(kNextHopUnreachable, AdjacencyKind::kUnreachable);
  fix(kNextHopProhibit, AdjacencyKind::kProhibit);
}

AdjacencyTable::~AdjacencyTable() {
  for (std::uint32_t i = 0; i < kCapacity; ++i) replace(i, &kNoRoute);
  reclaim();
}

std::uint32_t AdjacencyTable::allocate() {
  if (free_.empty()) {
    if (next_ == kCapacity) return kNextHopNone;
    free_.push_back(next_++);
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  ++in_use_;
  return number;
}

void AdjacencyTable::publish(std::uint32_t number, const Adjacency& adjacency) {
  replace(number, new Adjacency(adjacency));
}

void AdjacencyTable::replace(std::uint32_t number, const Adjacency* adjacency) {
  const Adjacency* old = slots_[number].exchange(adjacency, std::memory_order_acq_rel);
  if (old != &kNoRoute) old_.push_back(old);
  changes.tell();
}

void AdjacencyTable::release(std::uint32_t number) {
  replace(number, &kNoRoute);
  released_.push_back(number);
  --in_use_;
}

void AdjacencyTable::reclaim() {
  for (const Adjacency* old : old_) delete old;
  old_.clear();
  old_groups_.clear();
  free_.insert(free_.end(), released_.begin(), released_.end());
  released_.clear();
}

}  // namespace millrace
