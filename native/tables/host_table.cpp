#include "tables/host_table.hpp"

namespace millrace {

Ip6 HostTable::mapped(Ip4 address) {
  Ip6 ip6;
  ip6.bytes[10] = ip6.bytes[11] = 0xff;
  store_be32(ip6.bytes.data() + 12, address);
  return ip6;
}

std::size_t HostTable::KeyHash::operator()(const Key& key) const {
  std::uint64_t words[2];
  std::memcpy(words, key.address.bytes.data(), 16);
  return mix_words(words[0] ^ key.vlan, words[1]);
}

}  // namespace millrace
