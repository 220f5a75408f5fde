#include "tables/lpm.hpp"

#include <sys/mman.h>

#include <cassert>
#include <new>
#include <stdexcept>

namespace millrace {

namespace {
constexpr std::size_t kRootBytes = sizeof(std::atomic<std::uint32_t>) << 16;
}

// Zero pages from mmap: a root of 256 KiB costs memory only where routes touch it.
Lpm::Lpm(std::uint32_t address_bytes) : address_bytes_(address_bytes) {
  assert(address_bytes == 4 || address_bytes == 16);
  void* memory =
      ::mmap(nullptr, kRootBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  root_ = static_cast<Table>(memory);
}

Lpm::~Lpm() {
  ::munmap(root_, kRootBytes);
}

void Lpm::insert(const std::uint8_t* prefix, std::uint32_t length, std::uint32_t value) {
  assert(length <= address_bytes_ * 8 && value != kNone && value <= kMaxValue);
  // The table first: it may be full.
  apply({prefix, length, 0, length, leaf(length, value)}, root_, 0, kRootBits);
  routes_[key(prefix, length)] = value;
}

bool Lpm::erase(const std::uint8_t* prefix, std::uint32_t length) {
  if (routes_.erase(key(prefix, length)) == 0) return false;
  apply({prefix, length, length, length, covering_leaf(prefix, length)}, root_, 0, kRootBits);
  return true;
}

void Lpm::reclaim() {
  free_nodes_.insert(free_nodes_.end(), retired_.begin(), retired_.end());
  retired_.clear();
}

// One table of 2^bits slots that stands for address bits [first_bit, first_bit + bits).
void Lpm::apply(const Change& change, Table table, std::uint32_t first_bit, std::uint32_t bits) {
  std::uint32_t slot = change.prefix[first_bit / 8];
  if (bits == kRootBits) slot = slot << 8 | change.prefix[1];
  const std::uint32_t end_bit = first_bit + bits;
  if (change.length > end_bit) return descend(change, table[slot], end_bit);
  const std::uint32_t span = 1u << (end_bit - change.length);
  for (std::uint32_t i = 0; i < span; ++i) replace(change, table[slot + i]);
}

void Lpm::descend(const Change& change, std::atomic<Entry>& slot, std::uint32_t next_bit) {
  Entry entry = slot.load(std::memory_order_relaxed);
  if (!is_node(entry)) {
    entry = new_node(entry);
    slot.store(entry, std::memory_order_release);
  }
  apply(change, node(entry).entries.data(), next_bit, 8);
  collapse(slot, next_bit);
}

void Lpm::replace(const Change& change, std::atomic<Entry>& slot) {
  const Entry entry = slot.load(std::memory_order_relaxed);
  if (is_node(entry)) {
    for (auto& below : node(entry).entries) replace(change, below);
  } else if (length_of(entry) >= change.shortest && length_of(entry) <= change.longest) {
    slot.store(change.leaf, std::memory_order_release);
  }
}

// A node whose leaves are all the one that covers it says nothing more than that leaf.
bool Lpm::collapse(std::atomic<Entry>& slot, std::uint32_t first_bit) {
  const Entry entry = slot.load(std::memory_order_relaxed);
  const auto& entries = node(entry).entries;
  const Entry first = entries[0].load(std::memory_order_relaxed);
  if (is_node(first) || length_of(first) > first_bit) return false;
  for (const auto& other : entries)
    if (other.load(std::memory_order_relaxed) != first) return false;
  slot.store(first, std::memory_order_release);
  retired_.push_back(entry);
  return true;
}

Lpm::Entry Lpm::new_node(Entry fill) {
  Entry entry;
  if (!free_nodes_.empty()) {
    entry = free_nodes_.back();
    free_nodes_.pop_back();
  } else {
    if (nodes_used_ == kChunkNodes * kMaxChunks) throw std::length_error("LPM table is full");
    auto& chunk = chunks_[nodes_used_ / kChunkNodes];
    if (!chunk) chunk = std::make_unique<Node[]>(kChunkNodes);
    entry = kNodeFlag | nodes_used_++;
  }
  for (auto& slot : node(entry).entries) slot.store(fill, std::memory_order_relaxed);
  return entry;
}

Lpm::Key Lpm::key(const std::uint8_t* prefix, std::uint32_t length) const {
  Key key{};
  std::memcpy(key.data(), prefix, address_bytes_);
  key.back() = static_cast<std::uint8_t>(length);
  return key;
}

// The route that takes over when prefix/length goes: the longest shorter one around it.
Lpm::Entry Lpm::covering_leaf(const std::uint8_t* prefix, std::uint32_t length) const {
  Key candidate = key(prefix, length);
  while (length-- > 0) {
    candidate[length / 8] &= static_cast<std::uint8_t>(0xff00u >> (length % 8));
    candidate.back() = static_cast<std::uint8_t>(length);
    if (auto found = routes_.find(candidate); found != routes_.end())
      return leaf(length, found->second);
  }
  return leaf(0, kNone);
}

}  // namespace millrace
