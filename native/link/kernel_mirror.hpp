#pragma once
// Follows the kernel's routes, nexthop objects, neighbours, links and addresses in one network
// namespace (rtnetlink(7)) and reports them to a sink, on a thread of its own. What the sink knows
// is what the kernel has, after each loss of messages again.
//
// The mirror keeps every route in 40 to 55 bytes. It has to: the kernel neither tells which route
// is next when the best of a prefix goes, nor which routes it drops with a link.
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "link/kernel_mirror_sink.hpp"

namespace millrace {

struct MirrorStatistics {
  std::uint64_t messages = 0;        // read from the multicast groups
  std::uint64_t ignored = 0;         // of these, of kinds that are not mirrored
  std::uint64_t overruns = 0;        // times that the kernel dropped messages
  std::uint64_t resyncs = 0;         // complete reports, the first one included
  std::uint64_t verifications = 0;   // dumps compared in silence
  std::uint64_t failures = 0;        // attempts at one of these that failed
  std::uint64_t probes = 0;          // sent
  std::uint64_t probes_dropped = 0;  // asked for faster than sent
  std::uint64_t routes = 0;          // all metrics
  std::uint64_t neighbours = 0;
  std::uint64_t links = 0;
  std::uint64_t nexthops = 0;                // objects
  std::chrono::microseconds last_resync{0};  // duration, reports included
  bool synchronised = false;                 // no resync is due or under way
  std::string last_failure;                  // "" for none
};

struct MirrorOptions {
  std::vector<std::uint32_t> tables{};          // none: all
  std::size_t receive_buffer_bytes = 8u << 20;  // for events that the sink is slow to take
  bool verify = true;   // dump and compare after removals that the kernel does not tell of
  std::string netns{};  // path; "" is that of the calling thread
};

class KernelMirror {
 public:
  // Opens the sockets. Throws std::system_error. The sink must outlive the mirror.
  KernelMirror(MirrorSink& sink, const MirrorOptions& options);
  ~KernelMirror();
  KernelMirror(const KernelMirror&) = delete;
  KernelMirror& operator=(const KernelMirror&) = delete;

  // The first thing reported is a complete resync. Once.
  void start();
  // Returns when no call to the sink is under way nor will be. Not from within the sink.
  void stop();
  // Reports everything again, of these tables only. From any thread.
  void set_tables(const std::vector<std::uint32_t>& tables);
  // Asks the kernel to resolve a neighbour, as if it had a packet for it. From any thread; takes a
  // short lock and never waits for the kernel.
  void probe(std::int32_t ifindex, bool ip6, const std::array<std::uint8_t, 16>& address);
  MirrorStatistics statistics() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace millrace
