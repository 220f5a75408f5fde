// What the control thread does to the FDB while workers learn.
#include "tables/fdb.hpp"

namespace millrace {

namespace {

bool is_station(const Mac& mac) {
  return (mac.bytes[0] & 1) == 0 && mac != Mac{};
}

}  // namespace

// Makes room: the learned entry that was not seen for longest.
bool Fdb::evict(Key key) {
  Found oldest;
  std::uint32_t newest_seen = 0;
  for (Slot* slot : candidates(key)) {
    const std::uint64_t value = slot->value.load(std::memory_order_acquire);
    if ((value & kUsed) == 0 || (value & kStatic) != 0) continue;
    if (oldest.slot != nullptr && seen_of(value) >= newest_seen) continue;
    oldest = {slot, value};
    newest_seen = seen_of(value);
  }
  return oldest.slot != nullptr && remove(*oldest.slot, oldest.value);
}

bool Fdb::add_static(std::uint16_t vlan, const Mac& mac, std::uint16_t port, bool own) {
  if (!is_station(mac)) return false;
  const Key key = key_of(vlan, mac.bytes.data());
  const std::uint64_t value = value_of(key, port, 0, own ? kStatic | kOwn : kStatic);
  for (Found found = find_slot(key); found.slot != nullptr; found = find_slot(key)) {
    std::uint64_t old = found.value;
    if (!found.slot->value.compare_exchange_strong(old, value, std::memory_order_seq_cst)) continue;
    if ((old & kStatic) == 0) release(port_of(old));
    remove_duplicates(key);
    return true;
  }
  total_.fetch_add(1, std::memory_order_relaxed);
  // A worker may be faster to take the freed place, but not for ever.
  for (int attempt = 0; attempt < 16; ++attempt) {
    if (insert(key, value)) return true;
    evict(key);
  }
  total_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool Fdb::remove_static(std::uint16_t vlan, const Mac& mac) {
  const Found found = find_slot(key_of(vlan, mac.bytes.data()));
  return found.slot != nullptr && (found.value & kStatic) != 0 && remove(*found.slot, found.value);
}

// An entry that a worker refreshes or moves meanwhile is judged again.
template <class Condition>
std::uint32_t Fdb::remove_if(Condition condition) {
  std::uint32_t removed = 0;
  for (std::uint32_t i = 0; i <= mask_; ++i)
    for (Slot& slot : buckets_[i].slots) {
      std::uint64_t value = slot.value.load(std::memory_order_acquire);
      while ((value & kUsed) != 0 && condition(value)) {
        if (remove(slot, value)) {
          ++removed;
          break;
        }
        value = slot.value.load(std::memory_order_acquire);
      }
    }
  return removed;
}

std::uint32_t Fdb::age(std::uint32_t now, std::uint32_t max_age) {
  return remove_if(
      [&](std::uint64_t value) { return (value & kStatic) == 0 && age_of(value, now) > max_age; });
}

std::uint32_t Fdb::flush(const std::set<std::uint16_t>& ports) {
  return remove_if([&](std::uint64_t value) { return ports.contains(port_of(value)); });
}

std::uint32_t Fdb::flush_learned() {
  return remove_if([](std::uint64_t value) { return (value & kStatic) == 0; });
}

}  // namespace millrace
