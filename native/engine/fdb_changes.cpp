#include "engine/fdb_changes.hpp"

#include <set>
#include <stdexcept>
#include <utility>

namespace millrace {

namespace {

std::string name_of(const FdbChange& change) {
  return to_text(change.mac) + " in VLAN " + std::to_string(change.vlan);
}

[[noreturn]] void refuse(const FdbChange& change, const std::string& why) {
  throw std::invalid_argument(name_of(change) + ": " + why);
}

void check(const Fdb& fdb, const FdbChange& change) {
  if ((change.mac.bytes[0] & 1) != 0) refuse(change, "a group address is behind no port");
  const auto known = fdb.find(change.vlan, change.mac);
  const bool has_static = known && known->is_static;
  if (known && known->own) refuse(change, "the pod behind a port has this address");
  if (change.op == ChangeOp::kDelete && !has_static) refuse(change, "there is no static entry");
  if (change.op == ChangeOp::kAdd && has_static) refuse(change, "there is a static entry already");
}

// The places of all changes; none for those that delete.
std::vector<std::uint16_t> places_of(const Fdb& fdb, std::span<const FdbChange> changes,
                                     const FdbPlace& place) {
  std::set<std::pair<std::uint16_t, std::array<std::uint8_t, 6>>> named;
  std::vector<std::uint16_t> places;
  places.reserve(changes.size());
  for (const FdbChange& change : changes) {
    if (!named.insert({change.vlan, change.mac.bytes}).second) refuse(change, "named twice");
    check(fdb, change);
    places.push_back(change.op == ChangeOp::kDelete ? kNoPort : place(change));
  }
  return places;
}

using Known = std::optional<Fdb::Entry>;

// As it was before the change. What was learned before is not lost for long: it is learned again.
void undo(Fdb& fdb, const FdbChange& change, const Known& before) {
  if (before && before->is_static)
    fdb.add_static(change.vlan, change.mac, before->port, false);
  else
    fdb.remove_static(change.vlan, change.mac);
}

}  // namespace

void apply_fdb(Fdb& fdb, std::span<const FdbChange> changes, const FdbPlace& place) {
  const std::vector<std::uint16_t> places = places_of(fdb, changes, place);
  std::vector<Known> before;
  before.reserve(changes.size());
  for (const FdbChange& change : changes) before.push_back(fdb.find(change.vlan, change.mac));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const FdbChange& change = changes[i];
    if (change.op == ChangeOp::kDelete) {
      fdb.remove_static(change.vlan, change.mac);
    } else if (!fdb.add_static(change.vlan, change.mac, places[i], false)) {
      // No room beside other static entries.
      for (std::size_t j = i; j-- > 0;) undo(fdb, changes[j], before[j]);
      refuse(change, "the FDB is full, raise fdb.size");
    }
  }
}

}  // namespace millrace
