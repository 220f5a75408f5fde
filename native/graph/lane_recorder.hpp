#pragma once
// Tells the flow lane what the graph has done to a packet: how it came in is noted, and when it has
// been forwarded plainly (Packet::longest is set), the difference is the flow's entry. So the lane
// can only repeat what the graph has decided.
#include <array>
#include <cstdint>

#include "engine/packet.hpp"
#include "engine/port.hpp"
#include "tables/lane_table.hpp"

namespace millrace {

class Graph;

class LaneRecorder {
 public:
  // lanes: null: nothing is recorded.
  explicit LaneRecorder(LaneTable* lanes) : lanes_(lanes) {}

  bool is_on() const { return lanes_ != nullptr; }
  // A burst as it was received on a port whose flows may take the lane; before anything is looked
  // up for it.
  void note(Packet* packets, std::uint32_t count, const PortConfig& in);
  // Packets that are about to leave by a port, complete but for a checksum left to it.
  void record(const Graph& graph, Packet* const* packets, std::uint32_t count,
              const PortConfig& out);

  // In a graph that only explains: what the lane has of the packet that was sent last.
  enum class Found : std::uint8_t { kNoFlow, kNew, kKnown };
  Found found() const { return found_; }

 private:
  // The Ethernet addresses are written over on the way.
  struct Origin {
    const std::uint8_t* data = nullptr;
    std::array<std::uint8_t, 12> outer{};
    std::array<std::uint8_t, 12> inner{};  // behind the headers of a tunnel
  };
  void record(const Graph& graph, const Packet& packet, const PortConfig& out);

  LaneTable* const lanes_;
  std::array<Origin, kMaxBurst> origins_;
  const PortConfig* in_ = nullptr;
  std::uint32_t generation_ = 0;
  Found found_ = Found::kNoFlow;
};

}  // namespace millrace
