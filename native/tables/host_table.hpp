#pragma once
// Which MAC address an IP address has, as the control side knows it: what a bridge answers ARP and
// neighbour solicitations from instead of flooding them. One writer collects changes and publishes
// them together; workers read an immutable table meanwhile.
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace millrace {

class HostTable {
 public:
  struct Host {
    Mac mac;
    bool router = false;  // advertised as one, RFC 4861 4.4
  };

  // IPv4 addresses in the IPv6 form of RFC 4291 2.5.5.2.
  static Ip6 mapped(Ip4 address);

  HostTable();
  ~HostTable();
  HostTable(const HostTable&) = delete;
  HostTable& operator=(const HostTable&) = delete;

  // Any thread. Null when unknown; valid until the caller's next quiescent state.
  const Host* find(std::uint16_t vlan, const Ip6& address) const;
  const Host* find(std::uint16_t vlan, Ip4 address) const { return find(vlan, mapped(address)); }

  // Writer only from here on. Seen by the workers after publish().
  void set(std::uint16_t vlan, const Ip6& address, const Host& host);
  // False when it was not there.
  bool erase(std::uint16_t vlan, const Ip6& address);
  void publish();
  // Frees what publish() replaced. Precondition: every reader has passed a quiescent state since.
  void reclaim() { old_.clear(); }
  bool has_retired() const { return !old_.empty(); }
  std::size_t size() const { return hosts_.size(); }

 private:
  struct Cell {
    Ip6 address{};
    std::uint16_t vlan = 0;
    bool used = false;
    Host host;
  };
  using Table = std::vector<Cell>;  // open addressing, a power of two, at most half full

  std::map<std::pair<std::uint16_t, Ip6>, Host> hosts_;
  std::unique_ptr<const Table> current_;
  std::vector<std::unique_ptr<const Table>> old_;
  std::atomic<const Table*> published_;
};

}  // namespace millrace
