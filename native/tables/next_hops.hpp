#pragma once
// What the routes of all VRFs lead to, each thing once: pods, connected networks, neighbours,
// groups of them, counters, leaks. Routes hold references to numbers of adjacencies. A neighbour
// that gets another MAC is one adjacency published anew, however many routes lead there. One thread
// at a time.
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tables/adjacency_table.hpp"
#include "tables/next_hops_address.hpp"
#include "tables/resilient.hpp"

namespace millrace {

struct NextHop {
  std::uint16_t port = 0;
  // Without an address: the pod behind the port or, on an uplink, the destination itself.
  bool has_address = false;
  IpAddress address{};
  std::uint32_t weight = 1;
  auto operator<=>(const NextHop&) const = default;
};

// What is needed of a port, constant while it exists.
struct NextHopPort {
  std::uint16_t index = 0;
  std::uint32_t vrf_id = 0;
  bool uplink = false;
  bool tunnel = false;  // that of a VNI
  std::uint32_t mtu = 1500;
  Mac mac{};
  Mac peer_mac{};  // pods only
};

struct NextHopGroup;

struct Neighbour {
  std::uint16_t port = 0;
  IpAddress address{};
  bool has_kernel_mac = false;
  bool has_static_mac = false;
  Mac kernel_mac;
  Mac static_mac;
  std::uint32_t number = 0;  // its adjacency, 0: nothing leads there
  bool has_host_route = false;
  std::vector<NextHopGroup*> groups{};
  AdjacencyUse use{};

  bool resolved() const { return has_kernel_mac || has_static_mac; }
  // Who configures an address has the last word.
  const Mac& mac() const { return has_static_mac ? static_mac : kernel_mac; }
};

// Sorted by number, one entry per number.
using GroupMembers = std::vector<GroupMember>;
struct NextHopGroup {
  std::uint32_t number = 0;
  GroupMembers members{};
  bool shared = true;  // found by its members; not so when it has lost one
  std::unique_ptr<const Group> published{};
};

class NextHops {
 public:
  // counters: how many routes can be counted.
  NextHops(AdjacencyTable& table, std::uint32_t counters);
  ~NextHops();
  NextHops(const NextHops&) = delete;
  NextHops& operator=(const NextHops&) = delete;

  // behind: what kFirstAdjacency + index leads to.
  void add_port(const NextHopPort& port, const Adjacency& behind);
  const NextHopPort* port(std::uint16_t index) const;
  // Next hops behind a port that is down are used only by groups that have no other, and answer
  // "unreachable".
  void set_port_up(std::uint16_t index, bool up);
  // The members of groups that are behind the port leave them. Numbers that lead nowhere now are
  // those for which leads_nowhere() is true; routes to them must be released before forget_port().
  void leave_groups(std::uint16_t index);
  bool port_in_use(std::uint16_t index) const;
  bool leads_nowhere(std::uint32_t number, std::uint16_t gone) const;
  void forget_port(std::uint16_t index);

  // Numbers with one reference, which the caller owns. Throw std::length_error, with nothing
  // changed, when the table or the counters are used up. Ports exist; hops: at least one.
  // before: what the route led to until now; a group made for it keeps flows where they are.
  std::uint32_t acquire(std::span<const NextHop> hops, std::uint32_t before = kNextHopNone);
  std::uint32_t acquire_leak(const Vrf& target, std::uint32_t target_id);
  std::uint32_t acquire_counted(std::uint32_t child);  // takes over the reference to child
  void hold(std::uint32_t number);
  void release(std::uint32_t number);

  // Null when unknown. A neighbour is known while it has a MAC or something leads there.
  Neighbour* neighbour(std::uint16_t port, const IpAddress& address);
  const Neighbour* neighbour(std::uint16_t port, const IpAddress& address) const;
  // mac null: the source knows none (any longer).
  void set_mac(std::uint16_t port, const IpAddress& address, bool by_kernel, const Mac* mac);
  std::uint32_t acquire(Neighbour& neighbour);
  template <class Fn>
  void for_each_neighbour(Fn&& fn) {
    for (auto& entry : neighbours_) fn(*entry.second);
  }
  template <class Fn>
  void for_each_neighbour_of(std::uint16_t port, Fn&& fn) {
    for (auto it = neighbours_.lower_bound({port, IpAddress{}});
         it != neighbours_.end() && it->first.port == port; ++it)
      fn(*it->second);
  }

  struct Description {
    AdjacencyKind kind = AdjacencyKind::kNone;  // of what is behind a counter
    std::vector<NextHop> hops{};
    std::uint32_t leak_to = 0;
    bool counted = false;
    std::uint32_t counter = 0;
  };
  Description describe(std::uint32_t number) const;
  // The destination itself is the neighbour, behind this port.
  bool is_connected(std::uint32_t number, std::uint16_t port) const;
  // The VRF that a leak leads into.
  std::optional<std::uint32_t> leak_target(std::uint32_t number) const;
  bool has_leak_to(std::uint32_t vrf) const;

  // Precondition: every worker has passed a quiescent state since the last change.
  void reclaim();
  bool has_retired() const;

 private:
  enum class Kind : std::uint8_t { kNone, kPod, kGlean, kNeighbour, kGroup, kCounted, kLeak };
  struct Entry {
    Kind kind = Kind::kNone;
    std::uint32_t references = 0;
    std::uint32_t id = 0;  // port; child of a counter; VRF of a leak
    std::uint32_t counter = 0;
    Neighbour* neighbour = nullptr;
    NextHopGroup* group = nullptr;
  };
  struct PortState {
    NextHopPort port;
    bool up = true;
    std::uint32_t glean = 0;  // its adjacency, 0: none
  };
  struct NeighbourKey {
    std::uint16_t port;
    IpAddress address;
    auto operator<=>(const NeighbourKey&) const = default;
  };

  std::uint32_t allocate(Kind kind, std::uint32_t id);
  Entry& entry(std::uint32_t number);
  const Entry& entry(std::uint32_t number) const;
  PortState& state_of(std::uint16_t port) { return ports_.at(port); }
  const PortState& state_of(std::uint16_t port) const { return ports_.at(port); }

  std::uint32_t acquire_one(const NextHop& hop);
  std::uint32_t acquire_glean(PortState& state);
  std::uint32_t acquire_group(GroupMembers members, std::uint32_t before);
  Group buckets_of(std::uint32_t number) const;
  Neighbour& neighbour_for(std::uint16_t port, const IpAddress& address);
  void forget_if_unused(Neighbour& neighbour);
  void free_number(std::uint32_t number);
  void free_group(NextHopGroup& group);

  void publish_neighbour(Neighbour& neighbour);
  void publish_glean(const PortState& state);
  void rebalance(NextHopGroup& group) { rebalance(group, Group{}); }
  void rebalance(NextHopGroup& group, const Group& start);
  void rebalance_around(Neighbour& neighbour);
  void link_members(NextHopGroup& group, bool link);
  int preference(std::uint32_t member) const;
  bool behind(std::uint32_t number, std::uint16_t port) const;
  NextHop hop_of(std::uint32_t number) const;

  AdjacencyTable& table_;
  std::vector<Entry> entries_;  // by number
  std::map<std::uint16_t, PortState> ports_;
  std::map<NeighbourKey, std::unique_ptr<Neighbour>> neighbours_;
  std::map<GroupMembers, NextHopGroup*> shared_groups_;
  std::map<std::uint32_t, std::unique_ptr<NextHopGroup>> groups_;  // by number
  std::map<std::uint32_t, std::uint32_t> leaks_;                   // VRF to number
  // Workers may have read them from a FIB and not yet followed them.
  std::vector<std::uint32_t> old_numbers_;
  std::vector<std::uint32_t> free_counters_;
  std::vector<std::uint32_t> old_counters_;                 // workers may still count there
  std::vector<std::unique_ptr<Neighbour>> old_neighbours_;  // workers may still mark them used
};

}  // namespace millrace
