#pragma once
// By which backend each port transmits: its TX ring (zero-copy or copy), or live frames. Looked at
// every second, and when the kernel tells of a change: both the device and what is behind it change
// under us; a port whose device refuses live frames has left them by itself meanwhile, see
// LiveTransmit.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/live_program.hpp"
#include "engine/port_factory.hpp"
#include "link/netdev_socket.hpp"

namespace millrace {

class Worker;
class XdpTakers;

struct TransmitInfo {
  std::string backend;  // "zero-copy", "copy" or "live-frames"
  std::string refused;  // why it is not live-frames; "" when it is
};

// A port as it is seen here: its queues, each with the worker that has it.
struct TransmitPort {
  std::uint16_t index;
  int ifindex;
  PortMode mode;
  TransmitWish wish;
  bool veth;
  std::vector<std::pair<XskPort*, Worker*>> queues;
};

// One thread at a time.
class TransmitBackends {
 public:
  using Workers = std::vector<std::unique_ptr<Worker>>;
  using Tell = std::function<void(std::uint16_t port, const TransmitInfo&)>;
  explicit TransmitBackends(const Workers& workers) : workers_(workers) {}

  // Looks at all ports and moves those that another backend is better for; tells of each move.
  void refresh(const std::vector<TransmitPort>& ports, XdpTakers& takers, const Tell& tell);
  // The same for one port, out of turn.
  void refresh(const TransmitPort& port, XdpTakers& takers, const Tell& tell);
  // The port is about to go; no worker has it any more.
  void forget(std::uint16_t port);
  // Precondition: no worker runs a round. The memory of live frames goes.
  void close();
  TransmitInfo info(const TransmitPort& port) const;

 private:
  struct State {
    TransmitInfo told;
    std::string refused;
    bool device = false;  // in devices_
    bool begun = false;   // live, as far as this side knows
    std::uint32_t longest = 0;
    std::string pause;             // why it is left alone
    std::uint64_t not_before = 0;  // until this second
  };
  struct Seen {
    XdpTakers& takers;
    std::uint64_t second;
  };

  void look_at(const TransmitPort& port, const Seen& seen);
  void tell_move(const TransmitPort& port, const Tell& tell);
  std::string why_not(const TransmitPort& port, State& state, const Seen& seen);
  std::string why_not_peer(const TransmitPort& port, State& state);
  static void follow_end(const TransmitPort& port, State& state, const Seen& seen);
  const std::string& missing();
  void install();
  void begin(const TransmitPort& port, State& state);
  static void end(const TransmitPort& port, State& state);

  const Workers& workers_;
  std::map<std::uint16_t, State> states_;
  std::uint64_t round_ = 0;
  std::unique_ptr<NetdevSocket> socket_;
  std::unique_ptr<LiveDevices> devices_;
  std::vector<std::unique_ptr<LiveProgram>> programs_;  // of each worker
  std::optional<std::string> missing_;                  // none: not tried yet
};

}  // namespace millrace
