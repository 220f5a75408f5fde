#pragma once
// Static entries of an FDB, as callers say them and are told.
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/routing_types.hpp"
#include "tables/fdb.hpp"

namespace millrace {

struct FdbChange {
  ChangeOp op = ChangeOp::kAdd;
  Mac mac;
  std::uint16_t vlan = 0;
  std::uint16_t port = 0;
  std::optional<IpAddress> peer{};  // on the port of a VNI: the VTEP it is behind
};

struct FdbInfo {
  Fdb::Entry entry{};  // port: that of the VNI, when there is a peer
  std::optional<IpAddress> peer{};
};

// What a change names as place, as FDB port. Throws std::invalid_argument.
using FdbPlace = std::function<std::uint16_t(const FdbChange&)>;

// All changes or none; throws std::invalid_argument that names what cannot be done.
void apply_fdb(Fdb& fdb, std::span<const FdbChange> changes, const FdbPlace& place);

}  // namespace millrace
