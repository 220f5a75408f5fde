#pragma once
// The control side of the ring loops: networks, ports and routes. Every method may be called from
// any thread; each is complete when it returns and throws std::system_error or
// std::invalid_argument with nothing changed.
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/port_factory.hpp"
#include "engine/worker.hpp"
#include "tables/vrf.hpp"

namespace millrace {

struct Prefix {
  bool ip6 = false;
  std::array<std::uint8_t, 16> bytes{};  // host bits zero
  std::uint32_t length = 0;
  auto operator<=>(const Prefix&) const = default;
};

struct NetworkRequest {
  std::uint32_t worker = 0;
  std::optional<Ip4> gateway4;
  std::optional<Ip6> gateway6;
};

struct AddPortRequest {
  std::uint32_t network = 0;
  PortRequest port;
  Mac mac;
  Mac peer_mac;
  std::optional<Ip4> peer_ip4;
  std::optional<Ip6> peer_ip6;
  std::uint32_t mtu = 1500;
};

struct PortInfo {
  std::uint16_t port;
  PortMode mode;
  TxChecksum tx_checksum;
  std::vector<std::string> refused;
};

class Dataplane {
 public:
  // counters: kMaxPorts port blocks followed by kMaxWorkers worker blocks, outliving the object.
  Dataplane(CounterBlock* counters, const std::vector<WorkerOptions>& workers);
  ~Dataplane();
  Dataplane(const Dataplane&) = delete;
  Dataplane& operator=(const Dataplane&) = delete;

  void start();
  void stop();

  std::uint32_t add_network(const NetworkRequest& request);
  // Precondition checked: the network has no ports.
  void remove_network(std::uint32_t id);
  PortInfo add_port(const AddPortRequest& request);
  // Removes the routes to the port, detaches it, takes every frame back.
  void remove_port(std::uint16_t index);
  void add_route(std::uint32_t id, const Prefix& prefix, std::uint16_t port);
  void remove_route(std::uint32_t id, const Prefix& prefix);
  // Nothing when the port does not exist or its device is gone.
  std::optional<xdp_statistics> statistics(std::uint16_t index);

  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

 private:
  struct Network {
    std::uint32_t worker;
    Vrf vrf;
    std::map<Prefix, std::uint16_t> routes;
  };
  struct Entry {
    std::uint32_t network;
    std::uint32_t worker;
    BuiltPort built;
  };

  Network& network(std::uint32_t id);
  std::uint16_t reserve_slot(std::uint32_t id);
  void release_slot(std::uint16_t index);
  int find_sharer(std::uint32_t worker, bool zero_copy);
  PortConfig config_of(const AddPortRequest& request, std::uint16_t index, Vrf& vrf);
  std::vector<std::uint32_t> lend_frames(Worker& worker, std::uint16_t index);
  void reclaim(Worker& worker, std::uint16_t index);
  void erase_routes_to(std::uint16_t index);
  void insert(Vrf& vrf, const Prefix& prefix, std::uint32_t next_hop);
  void erase(Network& home, const Prefix& prefix);

  CounterBlock* const counters_;
  PortFactory factory_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex mutex_;  // networks_, ports_ and the tables' single writer
  std::map<std::uint32_t, std::unique_ptr<Network>> networks_;
  std::uint32_t next_network_ = 1;
  // A reserved slot has an entry without a port.
  std::array<std::unique_ptr<Entry>, kMaxPorts> ports_;
};

}  // namespace millrace
