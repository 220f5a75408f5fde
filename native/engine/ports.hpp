#pragma once
// The ports of a dataplane: built, spread over the workers queue by queue, moved, and taken away
// again. Every method is complete when it returns, and changes nothing when it throws. One call at
// a time, under the dataplane's mutex, except where it says otherwise: what waits for the kernel
// must not hold up everybody else.
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/counters.hpp"
#include "engine/handoff_port.hpp"
#include "engine/port_factory.hpp"
#include "engine/transmit_backends.hpp"
#include "engine/worker.hpp"
#include "tables/adjacency_table.hpp"

namespace millrace {

struct AddPortRequest {
  std::uint32_t network = 0;
  PortRequest port;
  PortConfig config;  // index, vrf, bridge and tagged are filled in
  std::vector<std::uint16_t> tagged;
  bool trunk = false;
  std::uint32_t mac_limit = 0;
  std::vector<std::uint32_t> workers;  // of queue 0, 1 …
};

struct PortInfo {
  struct Queue {
    std::uint32_t queue;
    std::uint32_t worker;
  };
  std::uint16_t port;
  int ifindex;
  PortMode mode;
  TxChecksum tx_checksum;
  bool multi_buffer;
  std::vector<Queue> queues;
  std::vector<std::string> refused;
};

class Ports {
 public:
  struct Context {
    const std::vector<std::unique_ptr<Worker>>& workers;
    Umem& umem;
    Exchange& exchange;
    CounterBlock* counters;  // kMaxPorts blocks for each worker, and for the flow lane
    bool with_lane;          // see XdpProgram
  };
  explicit Ports(const Context& context) : context_(context), factory_(context.with_lane) {}

  // A number that nobody has, until release(). Throws std::system_error ENOSPC.
  std::uint16_t reserve(std::uint32_t network);
  void release(std::uint16_t index) { entries_[index].reset(); }

  // Step 1, without the mutex: sockets, XDP program, self-test.
  void build(std::uint16_t index, const AddPortRequest& request, Vrf* vrf, Bridge* bridge);
  // Step 2: the workers know it. tables(config) is called before they do.
  PortInfo attach(std::uint16_t index, const std::function<void(const PortConfig&)>& tables);

  // Step 1 of removal: no worker knows it any more; the number stays reserved.
  BuiltPort detach(std::uint16_t index);
  // Step 2, without the mutex: sockets and XDP go, and the frames are back in their pools.
  void close(std::uint16_t index, BuiltPort built);
  PortInfo move(std::uint16_t index, std::uint32_t queue, std::uint32_t to);
  PortInfo sync_queues(std::uint16_t index, const std::vector<std::uint32_t>& workers);

  // A port without queues, which the workers know from here on. Throws std::system_error ENOSPC.
  const PortConfig& add_deviceless(std::uint32_t network, const PortConfig& config);
  void remove_deviceless(std::uint16_t index);

  std::optional<xdp_statistics> statistics(std::uint16_t index) const;
  // Null when there is no such port.
  const PortConfig* config(std::uint16_t index) const;
  // One with a device. Throws std::invalid_argument.
  const PortConfig& require(std::uint16_t index) const;
  std::uint32_t network_of(std::uint16_t index) const { return entries_[index]->network; }
  int ifindex_of(std::uint16_t index) const { return entries_[index]->built.ifindex; }
  bool any_in(std::uint32_t network) const;
  TransmitPort transmit_of(std::uint16_t index) const;
  // All with a device.
  std::vector<TransmitPort> transmits() const;
  PortFactory& factory() { return factory_; }

 private:
  struct Entry {
    std::uint32_t network = 0;
    bool attached = false;
    PortConfig config;
    VlanSet tagged;
    PortRequest request;
    BuiltPort built;
    std::vector<std::uint32_t> workers;               // of each queue
    std::vector<std::unique_ptr<HandoffPort>> lanes;  // of each worker
  };

  Entry& entry(std::uint16_t index) const;
  static PortInfo describe(const Entry& entry);
  Worker& worker(std::uint32_t index) const;
  std::vector<std::uint32_t> lend(std::uint32_t index, std::uint16_t lane);
  // The frames of queues from first_queue on, whose sockets are closed.
  void reclaim(std::uint16_t index, std::uint32_t first_queue = 0);
  void wire(Entry& entry);
  Port* egress_of(const Entry& entry, std::uint32_t worker) const;
  void give(Entry& entry, std::uint32_t queue, std::uint32_t to);
  void take(Entry& entry, std::uint32_t queue);
  void grow(Entry& entry, std::uint32_t count, const std::vector<std::uint32_t>& workers);
  void add_queue(Entry& entry, std::uint32_t queue, std::uint32_t worker);
  void shrink(Entry& entry, std::uint32_t count);

  struct Sharer {
    std::uint16_t port;
    int socket;
    bool zero_copy;
    bool multi_buffer;
  };
  int find_sharer(bool zero_copy, bool multi_buffer);
  void offer_sharing(const Entry& entry);

  const Context context_;
  PortFactory factory_;
  std::mutex sharers_mutex_;
  std::vector<Sharer> sharers_;  // a bound socket of each port
  std::array<std::unique_ptr<Entry>, kMaxPorts> entries_;
};

}  // namespace millrace
