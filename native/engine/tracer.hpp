#pragma once
// Explains: sends one packet through a graph of its own that reads the real tables, stops after
// each node and notes what the node has looked at. What decides is the code that forwards, so
// explanation and forwarding cannot differ; nothing is sent, learned or asked.
#include <functional>
#include <memory>
#include <vector>

#include "engine/counters.hpp"
#include "engine/quiescence.hpp"
#include "engine/routing.hpp"
#include "engine/trace_types.hpp"
#include "graph/graph.hpp"

namespace millrace {

class Tracer {
 public:
  struct Tables {
    const AdjacencyTable& adjacencies;
    const Routing& routing;
    const Vxlan& vxlan;
    LaneTable* lanes;                      // null: there is no flow lane
    std::vector<const PortConfig*> ports;  // all of them
    std::uint64_t now_ns;
    // A reader of the tables as the workers are; nobody else uses this place.
    Quiescence& quiescence;
    std::uint32_t reader;
  };
  // Ports and bridges must not change meanwhile; routes may.
  explicit Tracer(const Tables& tables);
  ~Tracer();

  // Throws std::invalid_argument when there is no such port or the request makes no sense.
  TraceResult trace(const TraceRequest& request);

 private:
  class CapturePort;
  class Reading;

  const PortConfig& require(std::uint16_t port) const;
  Mac destination_mac(const TraceRequest& request, const PortConfig& in) const;
  void find_route(const PortConfig& in, const IpAddress& destination);
  void put_in(const std::vector<std::uint8_t>& frame, const PortConfig& in);
  void run(TraceResult& result);
  void note(const Packet& packet, TraceStep& step) const;
  void note_route(const Packet& packet, TraceStep& step) const;
  void note_adjacency(const Packet& packet, std::uint32_t number, TraceStep& step) const;
  void note_tunnel(const Packet& packet, TraceStep& step) const;
  void note_bridge(const Packet& packet, TraceStep& step) const;
  void conclude(TraceResult& result) const;
  std::string lane_of(const PortConfig& in) const;
  std::string drop_reason() const;

  const Tables tables_;
  Umem umem_;
  FramePool pool_;
  std::vector<CounterBlock> counters_;
  std::unique_ptr<Graph> graph_;
  std::vector<std::unique_ptr<CapturePort>> captures_;
  Packet packet_;
  RouteList route_;  // that the destination has in the network of the port
};

}  // namespace millrace
