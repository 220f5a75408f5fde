#pragma once
// A map that one writer changes and many workers read without locks: changes are collected and
// published together, as an immutable table (open addressing, at most half full).
#include <atomic>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace millrace {

// Hash: a function object, std::size_t (const Key&). Key has an order and equality.
template <class Key, class Value, class Hash>
class SnapshotMap {
 public:
  SnapshotMap() : current_(std::make_unique<const Table>(2)), published_(current_.get()) {}
  SnapshotMap(const SnapshotMap&) = delete;
  SnapshotMap& operator=(const SnapshotMap&) = delete;

  // Any thread. Null when unknown; valid until the caller's next quiescent state.
  const Value* find(const Key& key) const {
    const Table& table = *published_.load(std::memory_order_acquire);
    const std::size_t mask = table.size() - 1;
    for (std::size_t i = Hash{}(key)&mask; table[i].used; i = (i + 1) & mask)
      if (table[i].key == key) return &table[i].value;
    return nullptr;
  }

  // Writer only from here on. Seen by the workers after publish().
  void set(const Key& key, const Value& value) { entries_[key] = value; }
  // False when it was not there.
  bool erase(const Key& key) { return entries_.erase(key) != 0; }
  void publish() {
    auto table = std::make_unique<Table>(std::bit_ceil(entries_.size() * 2 + 2));
    const std::size_t mask = table->size() - 1;
    for (const auto& [key, value] : entries_) {
      std::size_t i = Hash{}(key)&mask;
      while ((*table)[i].used) i = (i + 1) & mask;
      (*table)[i] = {key, value, true};
    }
    published_.store(table.get(), std::memory_order_release);
    old_.push_back(std::exchange(current_, std::move(table)));
  }
  // Frees what publish() replaced. Precondition: every reader has passed a quiescent state since.
  void reclaim() { old_.clear(); }
  bool has_retired() const { return !old_.empty(); }
  // What is set, published or not.
  const std::map<Key, Value>& entries() const { return entries_; }

 private:
  struct Cell {
    Key key{};
    Value value{};
    bool used = false;
  };
  using Table = std::vector<Cell>;  // a power of two

  std::map<Key, Value> entries_;
  std::unique_ptr<const Table> current_;
  std::vector<std::unique_ptr<const Table>> old_;
  std::atomic<const Table*> published_;
};

// For keys of two words, such as an address. Every bit of both reaches the low bits of the result,
// by which tables are indexed: addresses of one subnet differ in the last bits of a word only.
inline std::size_t mix_words(std::uint64_t high, std::uint64_t low) {
  constexpr std::uint64_t kOdd = 0xd6e8feb86659fd93u;
  std::uint64_t x = high * 0x9e3779b97f4a7c15u;
  x ^= (x >> 32) ^ low;
  x = (x ^ (x >> 32)) * kOdd;
  x = (x ^ (x >> 32)) * kOdd;
  return static_cast<std::size_t>(x ^ (x >> 32));
}

}  // namespace millrace
