#pragma once
// Which MAC address an IP address has, as the control side knows it: what a bridge answers ARP and
// neighbour solicitations from instead of flooding them.
#include <cstring>

#include "base/bytes.hpp"
#include "tables/snapshot_map.hpp"

namespace millrace {

class HostTable {
 public:
  struct Host {
    Mac mac;
    bool router = false;  // advertised as one, RFC 4861 4.4
  };

  // IPv4 addresses in the IPv6 form of RFC 4291 2.5.5.2.
  static Ip6 mapped(Ip4 address);

  // Any thread. Null when unknown; valid until the caller's next quiescent state.
  const Host* find(std::uint16_t vlan, const Ip6& address) const {
    return hosts_.find({vlan, address});
  }
  const Host* find(std::uint16_t vlan, Ip4 address) const { return find(vlan, mapped(address)); }

  // Writer only from here on. Seen by the workers after publish().
  void set(std::uint16_t vlan, const Ip6& address, const Host& host) {
    hosts_.set({vlan, address}, host);
  }
  // False when it was not there.
  bool erase(std::uint16_t vlan, const Ip6& address) { return hosts_.erase({vlan, address}); }
  void publish() { hosts_.publish(); }
  // Frees what publish() replaced. Precondition: every reader has passed a quiescent state since.
  void reclaim() { hosts_.reclaim(); }
  bool has_retired() const { return hosts_.has_retired(); }
  std::size_t size() const { return hosts_.entries().size(); }

 private:
  struct Key {
    std::uint16_t vlan = 0;
    Ip6 address{};
    auto operator<=>(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  SnapshotMap<Key, Host, KeyHash> hosts_;
};

}  // namespace millrace
