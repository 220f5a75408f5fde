#pragma once
// The forwarding database of a bridge domain (IEEE 802.1Q 8.8): which port a MAC address is behind,
// for each VLAN by itself. Workers look up and learn at the same time without locks; one control
// thread adds static entries, ages and flushes.
//
// Buckets of four entries, one cache line each; a key may be in either of two. An entry is a key
// and a value, and the value decides: 0 is free, kBusy is being written, anything else is valid for
// the key beside it. So a slot changes its key only between two changes of its value.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>

#include "base/bytes.hpp"
#include "engine/counters.hpp"

namespace millrace {

constexpr std::uint16_t kNoPort = 0xffff;

class Fdb {
 public:
  // The VLAN and the MAC address; 0 is never that of a station.
  using Key = std::uint64_t;
  static Key key_of(std::uint16_t vlan, const std::uint8_t* mac) {
    return static_cast<Key>(vlan) << 48 | static_cast<Key>(load_be32(mac)) << 16 |
           load_be16(mac + 4);
  }

  struct Entry {
    Mac mac;
    std::uint16_t vlan = 0;
    std::uint16_t port = 0;
    bool is_static = false;
    bool own = false;  // static, and the address of the pod behind the port
    std::uint32_t age_seconds = 0;
  };

  enum class Outcome : std::uint8_t {
    kKnown,            // nothing new
    kNew,              // learned
    kMoved,            // was at other_port
    kPortLimit,        // the port has as many as it may
    kFull,             // no room in the table: the frame is fine, its sender stays unknown
    kStaticElsewhere,  // belongs to other_port and cannot move
  };
  struct Learned {
    Outcome outcome;
    std::uint16_t other_port = kNoPort;
  };

  // capacity: learned entries at most. seed: nobody outside knows it, so that nobody can choose
  // addresses that all fall into one bucket.
  Fdb(std::uint32_t capacity, std::uint64_t seed);
  Fdb(const Fdb&) = delete;
  Fdb& operator=(const Fdb&) = delete;

  // Any worker.
  std::uint16_t lookup(Key key) const {
    const Found found = find_slot(key);
    return found.slot == nullptr ? kNoPort : port_of(found.value);
  }
  // The source of a frame from port. now: seconds. An entry is written once a second at most.
  Learned learn(Key key, std::uint16_t port, std::uint32_t now) {
    const Found found = find_slot(key);
    if (found.slot == nullptr) return add(key, port, now);
    if (port_of(found.value) != port) return move(found, port, now);
    if ((found.value & kStatic) == 0 && seen_of(found.value) != (now & kSeenMask))
      refresh(found, now);
    return {Outcome::kKnown};
  }
  // What learn() would find, without a change.
  Learned peek(Key key, std::uint16_t port) const;
  void prefetch(Key key) const { __builtin_prefetch(&buckets_[hash(key) & mask_]); }
  // One event per port, kind (0 or 1) and second: a flapping address must not fill the event ring.
  bool may_tell(std::uint16_t port, std::uint32_t kind, std::uint32_t now);

  // Any thread. age_seconds counts up to now.
  std::optional<Entry> find(std::uint16_t vlan, const Mac& mac, std::uint32_t now = 0) const;
  std::uint32_t size() const { return total_.load(std::memory_order_relaxed); }
  std::uint32_t learned_by(std::uint16_t port) const {
    return ports_[port].learned.load(std::memory_order_relaxed);
  }
  template <class Visit>
  void walk(std::uint32_t now, Visit visit) const {
    for (std::uint32_t i = 0; i <= mask_; ++i)
      for (const Slot& slot : buckets_[i].slots)
        if (const auto entry = read(slot, now)) visit(*entry);
  }

  // Control thread only from here on.
  // Replaces what is known of the address. False for a group address, and when only static entries
  // are where it belongs.
  bool add_static(std::uint16_t vlan, const Mac& mac, std::uint16_t port, bool own);
  // False when there is no such static entry.
  bool remove_static(std::uint16_t vlan, const Mac& mac);
  // Removes learned entries that were not seen for more than max_age seconds; returns how many.
  std::uint32_t age(std::uint32_t now, std::uint32_t max_age);
  // Removes every entry of ports that no worker receives from any more.
  std::uint32_t flush(std::uint16_t port) { return flush(std::set{port}); }
  std::uint32_t flush(const std::set<std::uint16_t>& ports);
  // Removes what was learned, everywhere.
  std::uint32_t flush_learned();
  // Learned addresses that the port may have; 0: as many as fit.
  void set_limit(std::uint16_t port, std::uint32_t limit) {
    ports_[port].limit.store(limit, std::memory_order_relaxed);
  }

 private:
  struct Slot {
    std::atomic<Key> key{0};
    // Port, 16 bits of the key's hash, seconds when last seen, flags. The hash keeps a
    // compare-and-swap from taking the value of another key for the one it has read.
    std::atomic<std::uint64_t> value{0};
  };
  struct alignas(64) Bucket {
    std::array<Slot, 4> slots;
  };
  struct Found {
    Slot* slot = nullptr;
    std::uint64_t value = 0;
  };
  struct PortState {
    std::atomic<std::uint32_t> learned{0};
    std::atomic<std::uint32_t> limit{0};
    std::array<std::atomic<std::uint32_t>, 2> told{UINT32_MAX, UINT32_MAX};  // second
  };
  enum Flags : std::uint64_t { kUsed = 1, kBusy = 2, kStatic = 4, kOwn = 8 };
  static constexpr std::uint32_t kSeenMask = 0xffffff;

  static std::uint16_t port_of(std::uint64_t value) {
    return static_cast<std::uint16_t>(value >> 48);
  }
  static std::uint32_t seen_of(std::uint64_t value) {
    return static_cast<std::uint32_t>(value >> 8) & kSeenMask;
  }
  static std::uint32_t age_of(std::uint64_t value, std::uint32_t now);
  std::uint64_t hash(Key key) const {
    std::uint64_t x = (key ^ seed_) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
    return x ^ (x >> 32);
  }
  std::uint64_t second_of(std::uint64_t hashed) const {
    const std::uint64_t second = (hashed >> 20) & mask_;
    return second == (hashed & mask_) ? second ^ 1 : second;
  }
  Found find_in(const Bucket& bucket, Key key) const {
    for (const Slot& slot : bucket.slots) {
      if (slot.key.load(std::memory_order_acquire) != key) continue;
      const std::uint64_t value = slot.value.load(std::memory_order_acquire);
      // Unchanged beside the value: it is the value of this key.
      if ((value & kUsed) != 0 && slot.key.load(std::memory_order_relaxed) == key)
        return {const_cast<Slot*>(&slot), value};
    }
    return {};
  }
  Found find_slot(Key key) const {
    const std::uint64_t hashed = hash(key);
    const Found found = find_in(buckets_[hashed & mask_], key);
    return found.slot != nullptr ? found : find_in(buckets_[second_of(hashed)], key);
  }

  std::array<Slot*, 8> candidates(Key key) const;
  std::uint64_t value_of(Key key, std::uint16_t port, std::uint32_t now, std::uint64_t flags) const;
  std::optional<Entry> read(const Slot& slot, std::uint32_t now) const;
  static void refresh(const Found& found, std::uint32_t now);
  Learned add(Key key, std::uint16_t port, std::uint32_t now);
  Learned move(const Found& found, std::uint16_t port, std::uint32_t now);
  bool insert(Key key, std::uint64_t value);
  bool remove(Slot& slot, std::uint64_t expected);
  void remove_duplicates(Key key);
  bool evict(Key key);
  bool reserve(std::uint16_t port);
  void release(std::uint16_t port) { ports_[port].learned.fetch_sub(1, std::memory_order_relaxed); }
  template <class Condition>
  std::uint32_t remove_if(Condition condition);

  const std::uint64_t seed_;
  const std::uint32_t capacity_;
  const std::uint32_t mask_;
  const std::unique_ptr<Bucket[]> buckets_;
  const std::unique_ptr<PortState[]> ports_;
  std::atomic<std::uint32_t> total_{0};
};

}  // namespace millrace
