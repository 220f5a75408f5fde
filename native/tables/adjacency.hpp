#pragma once
// What the FIB leads to. Every value in a FIB is the number of an adjacency: a neighbour whose
// Ethernet header is known, or a decision (blackhole, local …), or a step on the way to one (a
// group of equal-cost next hops, a counter, another VRF). Adjacencies are immutable: a change
// publishes a new one in the same place and keeps the old one until every worker has passed a
// quiescent state.
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace millrace {

struct Vrf;

enum class AdjacencyKind : std::uint8_t {
  kRewrite,      // the header is known: write it and send
  kUnresolved,   // a next hop whose link-layer address the kernel has not told yet
  kGlean,        // a connected prefix: the destination itself is the neighbour
  kGroup,        // equal-cost next hops
  kCounted,      // counts the packet, then goes on with child
  kLeak,         // look the destination up in another VRF
  kLocal,        // the gateway itself
  kBlackhole,    // dropped without a word, RTN_BLACKHOLE
  kUnreachable,  // ICMP host unreachable, RTN_UNREACHABLE
  kProhibit,     // ICMP administratively prohibited, RTN_PROHIBIT
  kNone,         // no route
};

constexpr std::array<std::string_view, 11> kAdjacencyKindNames = {
    "rewrite", "unresolved", "glean",       "group",    "counted", "leak",
    "local",   "blackhole",  "unreachable", "prohibit", "no-route"};

// Members appear in the buckets in proportion to their weights. How the buckets move when members
// come and go is the business of tables/resilient.hpp.
constexpr std::uint32_t kGroupBuckets = 128;
struct Group {
  std::array<std::uint32_t, kGroupBuckets> buckets{};  // numbers of adjacencies
};

// Flags that workers set and the control side reads and clears.
struct AdjacencyUse {
  std::atomic<bool> used{false};
};

struct alignas(64) Adjacency {
  Mac destination;
  Mac source;
  std::uint16_t port = 0;
  AdjacencyKind kind = AdjacencyKind::kNone;
  bool reflect = false;  // an answer: back to the MAC that the packet came from
  std::uint32_t mtu = 0;
  std::uint32_t child = 0;       // kCounted: the adjacency behind it
  std::uint32_t counter = 0;     // kCounted
  std::uint32_t vrf_id = 0;      // kUnresolved, kGlean: whose next hop this is
  bool ip6 = false;              // family of next_hop
  bool tunnel = false;           // the port is that of a VNI
  const Vrf* vrf = nullptr;      // kLeak
  const Group* group = nullptr;  // kGroup
  AdjacencyUse* use = nullptr;   // neighbours only
  Ip6 next_hop{};                // kRewrite, kUnresolved: the neighbour; IPv4 in the first bytes
};

// Numbers that mean the same in every VRF.
constexpr std::uint32_t kNextHopNone = 0;
constexpr std::uint32_t kNextHopLocal = 1;
constexpr std::uint32_t kNextHopBlackhole = 2;
constexpr std::uint32_t kNextHopUnreachable = 3;
constexpr std::uint32_t kNextHopProhibit = 4;
// Then one for each port: the pod behind it, or on an uplink the way back to a packet's sender.
constexpr std::uint32_t kFirstAdjacency = 16;

}  // namespace millrace
