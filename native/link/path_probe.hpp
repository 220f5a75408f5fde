#pragma once
// Whether a packet of one size reaches an address without being fragmented: an echo (RFC 792,
// RFC 4443 4.1) that may not be fragmented, as RFC 8899 probes a path.
#include <chrono>
#include <cstdint>
#include <string>

namespace millrace {

struct PathProbeRequest {
  // Both of one family. The source is an address of the network namespace of the caller.
  std::string source;
  std::string destination;
  // Of the IP packet, its header included.
  std::uint32_t bytes;
  std::chrono::milliseconds timeout;
};

enum class PathProbeOutcome : std::uint8_t {
  kReached,  // the destination has answered
  kTooBig,   // a router, or the link itself, says that it does not fit
  kSilent,   // nobody answered in time, or there is no way to the destination
};

struct PathProbe {
  PathProbeOutcome outcome = PathProbeOutcome::kSilent;
  // With kTooBig the MTU that was told; 0 when none was.
  std::uint32_t mtu = 0;
};

// The shortest and the longest echo that a probe can be.
constexpr std::uint32_t kLeastProbeBytes = 68;
constexpr std::uint32_t kMostProbeBytes = 65535;

// Blocks until the answer is there or the time is over. Needs CAP_NET_RAW. Throws
// std::invalid_argument for what is no address, two families or a size outside the bounds, and
// std::system_error when the packet cannot be sent for a reason of ours (EPERM, EADDRNOTAVAIL).
PathProbe probe_path(const PathProbeRequest& request);

}  // namespace millrace
