#pragma once
// The way from one worker to a port that another worker serves: a port that only transmits.
#include "engine/exchange.hpp"
#include "engine/port.hpp"

namespace millrace {

class HandoffPort final : public Port {
 public:
  HandoffPort(const PortConfig& port_config, Exchange& exchange, std::uint32_t from,
              std::uint32_t to)
      : Port(port_config), exchange_(exchange), from_(from), to_(to) {}

  std::uint32_t receive(Packet*, std::uint32_t) override { return 0; }
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override;
  bool flush() override { return false; }
  // The worker that sends completes them, if its port cannot.
  bool completes_checksums() const override { return true; }
  bool counts_transmits() const override { return false; }

 private:
  Exchange& exchange_;
  const std::uint32_t from_;
  const std::uint32_t to_;
};

}  // namespace millrace
