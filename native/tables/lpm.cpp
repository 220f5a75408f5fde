#include "tables/lpm.hpp"

namespace millrace {

using lpm::kRootBits;
using lpm::kWordBits;

Lpm::Lpm(std::uint32_t address_bytes) : address_bytes_(address_bytes), rib_(address_bytes) {
  assert(address_bytes == 4 || address_bytes == 16);
}

void Lpm::insert(const std::uint8_t* prefix, std::uint32_t length, std::uint32_t value,
                 std::uint32_t tag) {
  assert(length <= address_bytes_ * 8 && value != kNone && value <= kMaxValue);
  pool_.require_room();
  const LpmBits bits = load_bits(prefix, address_bytes_);
  assert(bits == masked(bits, length));
  const auto old = rib_.insert({bits, length, value, tag});
  if (!old || old->value != value) {
    update({bits, length});
    changes.tell();
  }
  if (!huge_ && rib_.size() >= kHugeRoutes) prefer_huge_pages();
}

bool Lpm::erase(const std::uint8_t* prefix, std::uint32_t length) {
  const LpmBits bits = load_bits(prefix, address_bytes_);
  if (!rib_.erase(bits, length)) return false;
  update({bits, length});
  changes.tell();
  return true;
}

bool Lpm::set_tag(const std::uint8_t* prefix, std::uint32_t length, std::uint32_t tag) {
  auto route = rib_.find(load_bits(prefix, address_bytes_), length);
  if (!route) return false;
  route->tag = tag;
  rib_.insert(*route);
  return true;
}

std::optional<Lpm::Route> Lpm::find(const std::uint8_t* prefix, std::uint32_t length) const {
  const auto route = rib_.find(load_bits(prefix, address_bytes_), length);
  return route ? std::optional(exported(*route)) : std::nullopt;
}

std::optional<Lpm::Route> Lpm::match(const std::uint8_t* address) const {
  const auto route = rib_.match(load_bits(address, address_bytes_), address_bytes_ * 8);
  return route ? std::optional(exported(*route)) : std::nullopt;
}

Lpm::Route Lpm::exported(const LpmRoute& route) const {
  Route exported{{}, route.length, route.value, route.tag};
  store_bits(exported.prefix.data(), route.bits, address_bytes_);
  return exported;
}

std::size_t Lpm::memory_bytes() const {
  const std::size_t root = huge_ ? kRootBytes : touched_.count() * kPage;
  return sizeof(*this) + root + pool_.memory_bytes() + rib_.memory_bytes() +
         scratch_.capacity() * sizeof(LpmRoute);
}

void Lpm::prefer_huge_pages() {
  root_memory_.prefer_huge(0, kRootBytes, true);
  pool_.prefer_huge();
  huge_ = true;
}

void Lpm::publish(std::uint32_t slot, Word word) {
  if (root_[slot].load(std::memory_order_relaxed) == word) return;
  root_[slot].store(word, std::memory_order_release);
  touched_.set(slot * sizeof(Word) / kPage);
}

// Brings the FIB up to the RIB where a route has changed. Memory that runs out half-way would
// leave retired nodes in use, so that it ends the process.
void Lpm::update(const Change& change) noexcept {
  if (change.length == 0) {
    const auto route = rib_.find({}, 0);
    return default_.store(route ? route->value : kNone, std::memory_order_relaxed);
  }
  if (change.length < kRootBits) return update_many(change);
  rebuild_slot(slice(change.bits, 0, kRootBits), change);
}

// A short prefix covers up to half the root. Most of its slots have no longer routes: they get
// the one value of their range, the others are built one by one.
void Lpm::update_many(const Change& change) {
  const std::uint32_t first = slice(change.bits, 0, kRootBits);
  std::vector<Entry> slots(std::size_t{1} << (kRootBits - change.length));
  std::vector<bool> begins(slots.size());
  const auto begin = [&](std::uint64_t key, Entry entry) {
    slots[key] = entry;
    begins[key] = true;
  };
  cut_into_ranges(LpmWindow{routes_below(change.bits, change.length), change.length,
                            kRootBits - change.length, value_at(change.bits, change.length)},
                  begin, [](auto, auto) { return lpm::kChild; });
  for (std::uint32_t i = 0; i < slots.size(); ++i) {
    if (!begins[i]) slots[i] = slots[i - 1];
    if (lpm::is_child(slots[i]))
      rebuild_slot(first + i, change);
    else
      publish(first + i,
              nodes_.replace(root_[first + i].load(std::memory_order_relaxed), slots[i]));
  }
}

void Lpm::rebuild_slot(std::uint32_t slot, const Change& change) {
  const LpmBits at{std::uint64_t{slot} << (64 - kRootBits), 0};
  const Word word = root_[slot].load(std::memory_order_relaxed);
  publish(slot, rebuild_word(word, at, kRootBits, change));
}

// The word for the slots below at/depth, with the change.
Lpm::Word Lpm::rebuild_word(Word word, const LpmBits& at, std::uint32_t depth,
                            const Change& change) {
  const lpm::Slots old = nodes_.expand(word);
  lpm::Slots slots = old;
  if (change.length > depth + kWordBits) {
    Entry& slot = slots[slice(change.bits, depth, kWordBits)];
    slot = rebuild(slot, depth + kWordBits, change);
  } else {
    paint(slots, at, depth, change);
  }
  if (slots == old) return word;
  nodes_.retire_array(word);
  return nodes_.make_word(slots.data());
}

// Sets those slots of a word anew that the changed route covers.
void Lpm::paint(lpm::Slots& slots, const LpmBits& at, std::uint32_t depth, const Change& change) {
  const bool partly = change.length > depth;
  const LpmBits bits = partly ? change.bits : at;
  const std::uint32_t length = partly ? change.length : depth;
  const LpmWindow window{routes_below(bits, length), depth, kWordBits, value_at(bits, length)};
  lpm::Slots fresh;
  {
    lpm::SlotFiller filler(fresh);
    cut_into_ranges(
        window, [&](std::uint64_t key, Entry entry) { filler.begin(key, entry); },
        [&](auto routes, auto inherited) { return build(routes, depth + kWordBits, inherited); });
  }
  const std::uint32_t first = slice(bits, depth, kWordBits);
  const std::uint32_t count = 1u << (depth + kWordBits - length);
  for (std::uint32_t slot = first; slot < first + count; ++slot) {
    nodes_.retire_tree(slots[slot]);
    slots[slot] = fresh[slot];
  }
}

// The entry for the prefix of length depth around a longer route that has changed. Only what is on
// the way to that route is built anew.
Lpm::Entry Lpm::rebuild(Entry entry, std::uint32_t depth, const Change& change) {
  if (lpm::is_bucket(entry)) {
    if (change.length > lpm::byte_of(entry) * 8 + 32) {
      const std::uint32_t key = slice(change.bits, lpm::byte_of(entry) * 8, 32);
      if (lpm::is_child(lpm::search(nodes_.at(entry), key)))
        return rebuild_in_bucket(entry, change);
    }
  } else if (lpm::is_child(entry)) {
    return rebuild_split(entry, depth, change);
  }
  nodes_.retire_tree(entry);
  const LpmBits bits = masked(change.bits, depth);
  return build(routes_below(bits, depth), depth, value_at(bits, depth));
}

Lpm::Entry Lpm::rebuild_in_bucket(Entry bucket, const Change& change) {
  const std::uint32_t byte = lpm::byte_of(bucket);
  const std::uint32_t key = slice(change.bits, byte * 8, 32);
  const Entry below = lpm::search(nodes_.at(bucket), key);
  const Entry changed = rebuild(below, byte * 8 + 32, change);
  const LpmRanges ranges = nodes_.ranges_with(bucket, key, changed);
  nodes_.retire_node(bucket);
  return nodes_.make_bucket(ranges, byte);
}

Lpm::Entry Lpm::rebuild_split(Entry split, std::uint32_t depth, const Change& change) {
  const LpmBits prefix = masked(change.bits, depth);
  const std::uint32_t below = depth + 8 - kWordBits;
  lpm::Words words = nodes_.words_of(split);
  const std::uint32_t first = slice(change.bits, depth, 8 - kWordBits);
  const std::uint32_t count = change.length < below ? 1u << (below - change.length) : 1;
  for (std::uint32_t i = first; i < first + count; ++i)
    words[i] = rebuild_word(words[i], with_slice(prefix, below, i), below, change);
  nodes_.retire_node(split);
  return nodes_.make_split(words, prefix, depth, address_bytes_);
}

// The entry for a prefix of length depth from the longer routes inside it.
Lpm::Entry Lpm::build(std::span<const LpmRoute> routes, std::uint32_t depth,
                      std::uint32_t inherited) {
  if (routes.empty()) return inherited;
  const std::uint32_t byte = std::min(depth / 8, address_bytes_ - 4);
  const LpmWindow window{routes, byte * 8, 32, inherited};
  LpmRanges counted, ranges;
  Entry distinct = lpm::kChild;
  cut_into_ranges(
      window, [&](std::uint64_t key, Entry entry) { counted.add(key, entry); },
      [&](auto, auto) { return distinct++; });
  if (!counted.fit()) return build_split(routes, depth, inherited);
  cut_into_ranges(
      window, [&](std::uint64_t key, Entry entry) { ranges.add(key, entry); },
      [&](auto inside, auto value) { return build(inside, byte * 8 + 32, value); });
  return nodes_.make_bucket(ranges, byte);
}

Lpm::Entry Lpm::build_split(std::span<const LpmRoute> routes, std::uint32_t depth,
                            std::uint32_t inherited) {
  lpm::SlotArray<256> slots;
  {
    lpm::SlotFiller filler(slots);
    cut_into_ranges(
        LpmWindow{routes, depth, 8, inherited},
        [&](std::uint64_t key, Entry entry) { filler.begin(key, entry); },
        [&](auto inside, auto value) { return build(inside, depth + 8, value); });
  }
  lpm::Words words;
  for (std::uint32_t i = 0; i < words.size(); ++i)
    words[i] = nodes_.make_word(&slots[i * lpm::kWordSlots]);
  return nodes_.make_split(words, masked(routes[0].bits, depth), depth, address_bytes_);
}

// The route of length 0 is left out: readers add it.
std::uint32_t Lpm::value_at(const LpmBits& bits, std::uint32_t length) const {
  const auto route = rib_.match(bits, length);
  return route && route->length > 0 ? route->value : kNone;
}

std::span<const LpmRoute> Lpm::routes_below(const LpmBits& bits, std::uint32_t length) {
  scratch_.clear();
  rib_.for_each_within(bits, length, [&](const LpmRoute& route) {
    if (route.length > length) scratch_.push_back(route);
  });
  return scratch_;
}

}  // namespace millrace
