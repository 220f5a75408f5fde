#include "tables/fdb.hpp"

#include <algorithm>
#include <bit>

#include "tables/vxlan.hpp"

namespace millrace {

namespace {

// Twice the room that is used at most: both buckets of a key are then hardly ever full.
std::uint32_t buckets_for(std::uint32_t capacity) {
  return std::bit_ceil(std::max(capacity, 4u)) / 2;
}

bool take_one(std::atomic<std::uint32_t>& count, std::uint32_t limit) {
  if (count.load(std::memory_order_relaxed) >= limit) return false;
  if (count.fetch_add(1, std::memory_order_relaxed) < limit) return true;
  count.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

}  // namespace

Fdb::Fdb(std::uint32_t capacity, std::uint64_t seed)
    : seed_(seed),
      capacity_(capacity),
      mask_(buckets_for(capacity) - 1),
      buckets_(new Bucket[buckets_for(capacity)]),
      ports_(new PortState[kMaxPorts + kMaxPeers]) {}

// Now may be a little behind the clock of the worker that saw the address.
std::uint32_t Fdb::age_of(std::uint64_t value, std::uint32_t now) {
  const std::uint32_t age = (now - seen_of(value)) & kSeenMask;
  return age > kSeenMask / 2 ? 0 : age;
}

std::uint64_t Fdb::value_of(Key key, std::uint16_t port, std::uint32_t now,
                            std::uint64_t flags) const {
  return std::uint64_t{port} << 48 | (hash(key) >> 48) << 32 | std::uint64_t{now & kSeenMask} << 8 |
         flags | kUsed;
}

std::array<Fdb::Slot*, 8> Fdb::candidates(Key key) const {
  const std::uint64_t hashed = hash(key);
  Bucket& first = buckets_[hashed & mask_];
  Bucket& second = buckets_[second_of(hashed)];
  std::array<Slot*, 8> slots;
  for (std::size_t i = 0; i < 4; ++i) {
    slots[i] = &first.slots[i];
    slots[i + 4] = &second.slots[i];
  }
  return slots;
}

std::optional<Fdb::Entry> Fdb::read(const Slot& slot, std::uint32_t now) const {
  const Key key = slot.key.load(std::memory_order_acquire);
  const std::uint64_t value = slot.value.load(std::memory_order_acquire);
  if ((value & kUsed) == 0 || slot.key.load(std::memory_order_relaxed) != key) return std::nullopt;
  Entry entry;
  store_be32(entry.mac.bytes.data(), static_cast<std::uint32_t>(key >> 16));
  store_be16(entry.mac.bytes.data() + 4, static_cast<std::uint16_t>(key));
  entry.vlan = static_cast<std::uint16_t>(key >> 48);
  entry.port = port_of(value);
  entry.is_static = (value & kStatic) != 0;
  entry.own = (value & kOwn) != 0;
  entry.age_seconds = entry.is_static ? 0 : age_of(value, now);
  return entry;
}

std::optional<Fdb::Entry> Fdb::find(std::uint16_t vlan, const Mac& mac, std::uint32_t now) const {
  const Found found = find_slot(key_of(vlan, mac.bytes.data()));
  return found.slot == nullptr ? std::nullopt : read(*found.slot, now);
}

Fdb::Learned Fdb::peek(Key key, std::uint16_t port) const {
  const Found found = find_slot(key);
  if (found.slot == nullptr) return {Outcome::kNew};
  const std::uint16_t known = port_of(found.value);
  if (known == port) return {Outcome::kKnown};
  return {(found.value & kStatic) != 0 ? Outcome::kStaticElsewhere : Outcome::kMoved, known};
}

bool Fdb::may_tell(std::uint16_t port, std::uint32_t kind, std::uint32_t now) {
  std::atomic<std::uint32_t>& told = ports_[port].told[kind];
  std::uint32_t last = told.load(std::memory_order_relaxed);
  return last != now && told.compare_exchange_strong(last, now, std::memory_order_relaxed);
}

// Who loses against another worker has nothing left to do.
void Fdb::refresh(const Found& found, std::uint32_t now) {
  std::uint64_t value = found.value;
  const std::uint64_t seen = std::uint64_t{now & kSeenMask} << 8;
  found.slot->value.compare_exchange_strong(
      value, (value & ~(std::uint64_t{kSeenMask} << 8)) | seen, std::memory_order_acq_rel);
}

bool Fdb::reserve(std::uint16_t port) {
  PortState& state = ports_[port];
  const std::uint32_t limit = state.limit.load(std::memory_order_relaxed);
  return take_one(state.learned, limit == 0 ? UINT32_MAX : limit);
}

Fdb::Learned Fdb::add(Key key, std::uint16_t port, std::uint32_t now) {
  if (!reserve(port)) return {Outcome::kPortLimit};
  if (take_one(total_, capacity_)) {
    if (insert(key, value_of(key, port, now, 0))) return {Outcome::kNew};
    total_.fetch_sub(1, std::memory_order_relaxed);
  }
  release(port);
  return {Outcome::kFull};
}

Fdb::Learned Fdb::move(const Found& found, std::uint16_t port, std::uint32_t now) {
  std::uint64_t value = found.value;
  const std::uint16_t other = port_of(value);
  if ((value & kStatic) != 0) return {Outcome::kStaticElsewhere, other};
  if (!reserve(port)) return {Outcome::kPortLimit};
  const std::uint64_t moved = (value & 0x0000'ffff'0000'00ffu) | std::uint64_t{port} << 48 |
                              std::uint64_t{now & kSeenMask} << 8;
  const bool won =
      found.slot->value.compare_exchange_strong(value, moved, std::memory_order_acq_rel);
  release(won ? other : port);
  return won ? Learned{Outcome::kMoved, other} : Learned{Outcome::kKnown};
}

// Into the emptier one of the two buckets: full ones stay rare even when the table is full.
bool Fdb::insert(Key key, std::uint64_t value) {
  const std::array<Slot*, 8> slots = candidates(key);
  const auto used = [&](std::size_t i) {
    return slots[i]->value.load(std::memory_order_relaxed) != 0;
  };
  const int first = used(0) + used(1) + used(2) + used(3);
  const int second = used(4) + used(5) + used(6) + used(7);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    Slot* const slot = slots[second < first ? i ^ 4 : i];
    std::uint64_t free = 0;
    if (slot->value.load(std::memory_order_relaxed) != 0 ||
        !slot->value.compare_exchange_strong(free, kBusy, std::memory_order_acq_rel))
      continue;
    slot->key.store(key, std::memory_order_release);
    slot->value.store(value, std::memory_order_seq_cst);
    remove_duplicates(key);
    return true;
  }
  return false;
}

// Two workers may have inserted the same key. Each looks after it has published its own entry, so
// at least one of them sees both (hence seq_cst), and both come to the same decision: a static
// entry stays, otherwise the first.
void Fdb::remove_duplicates(Key key) {
  Found kept;
  for (Slot* slot : candidates(key)) {
    const std::uint64_t value = slot->value.load(std::memory_order_seq_cst);
    if ((value & kUsed) == 0 || slot->key.load(std::memory_order_acquire) != key) continue;
    if (kept.slot == nullptr) {
      kept = {slot, value};
    } else if ((value & kStatic) != 0 && (kept.value & kStatic) == 0) {
      remove(*kept.slot, kept.value);
      kept = {slot, value};
    } else {
      remove(*slot, value);
    }
  }
}

bool Fdb::remove(Slot& slot, std::uint64_t expected) {
  const std::uint64_t old = expected;
  if (!slot.value.compare_exchange_strong(expected, kBusy, std::memory_order_acq_rel)) return false;
  slot.key.store(0, std::memory_order_release);
  slot.value.store(0, std::memory_order_release);
  if ((old & kStatic) == 0) release(port_of(old));
  total_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

}  // namespace millrace
