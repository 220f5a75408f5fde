#pragma once
// Addresses of the synthetic tables, as the FIB takes them.
#include "base/bytes.hpp"
#include "table.h"

namespace millrace::bench {

inline Ip4 address_of(const table_prefix& key, Ip4) {
  return static_cast<Ip4>(key.high >> 32);
}
inline Ip6 address_of(const table_prefix& key, const Ip6&) {
  Ip6 address;
  table_address(&key, address.bytes.data());
  return address;
}

}  // namespace millrace::bench
