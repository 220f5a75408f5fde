#pragma once
// The question "which way does a packet take?" and its answer.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/routing_prefix.hpp"

namespace millrace {

enum class TraceProtocol : std::uint8_t { kUdp, kTcp, kIcmp };

struct TraceRequest {
  std::uint16_t port = 0;  // where the packet comes in
  IpAddress source;
  IpAddress destination;
  std::optional<Mac> destination_mac;  // none: the gateway's, or that of the known host
  std::uint16_t vlan = 0;              // of the tag it carries; 0: none
  TraceProtocol protocol = TraceProtocol::kUdp;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t length = 64;  // of the IP packet
  std::uint8_t ttl = 64;
};

struct TraceFact {
  std::string name;
  std::variant<std::uint32_t, std::string> value;
};

struct TraceStep {
  std::string node;  // of the graph
  std::vector<TraceFact> facts;
};

struct TraceResult {
  std::vector<TraceStep> steps;
  std::string verdict;  // "sent", "flooded", "answered", "waiting" or "dropped"
  std::vector<std::uint16_t> ports;
  std::string reason;  // of a drop
  std::string frame;   // as it leaves, hexadecimal
  // Whether the flow lane forwards such packets, so that the nodes do not see them: "known"; "new":
  // it will when one has passed; "no-flow": it never does; "off": the port has none.
  std::string lane;
};

}  // namespace millrace
