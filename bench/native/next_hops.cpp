// Equal-cost next hops: which one a packet takes, and what the control side does when one of them
// goes and comes back.
#include <array>
#include <set>

#include "graph/flow_hash.hpp"
#include "graph/next_hop.hpp"
#include "native/network.hpp"
#include "tables/resilient.hpp"

namespace millrace::bench {

namespace {

constexpr std::uint32_t kMembers = 8, kFirstMember = kFirstAdjacency, kGroup = kFirstMember + 8;

std::array<GroupMember, kMembers> members() {
  std::array<GroupMember, kMembers> all;
  for (std::uint32_t i = 0; i < kMembers; ++i) all[i] = {kFirstMember + i, 1};
  return all;
}

// As ip4_forward follows what the FIB says, the flow hash included.
struct Choose {
  Choose() : group(std::make_unique<Group>()) {
    distribute(*group, members());
    Adjacency next_hop;
    next_hop.kind = AdjacencyKind::kRewrite;
    for (const GroupMember& member : members())
      network.adjacencies.publish(member.adjacency, next_hop);
    Adjacency equal_cost;
    equal_cost.kind = AdjacencyKind::kGroup;
    equal_cost.group = group.get();
    network.adjacencies.publish(kGroup, equal_cost);
    for (std::uint32_t flow = 0; flow < kOperations; ++flow) {
      frames[flow] = make_udp({{}, {}, 0x0a010002, 0x0a020001 + flow, flow});
      packets[flow].data = frames[flow].data();
      packets[flow].length = kFrameLength;
    }
    std::set<const Adjacency*> chosen;
    for (Packet& packet : packets) chosen.insert(choose(packet));
    require(chosen.size() == kMembers, "not every next hop is chosen");
  }
  const Adjacency* choose(Packet& packet) {
    return follow(
        network.graph, packet, &network.graph.adjacency(kGroup),
        [&] { return flow_hash4(packet, ip4::kMinHeader); },
        [](const Vrf&) { return kNextHopNone; });
  }
  void run() {
    for (Packet& packet : packets) use(choose(packet));
  }

  Network network{1, nullptr};
  std::unique_ptr<Group> group;
  std::array<Bytes, kOperations> frames;
  std::array<Packet, kOperations> packets;
};

struct Distribute {
  Distribute() { distribute(group, all); }
  void run() {
    const Group before = group;
    distribute(group, std::span(all).first(kMembers - 1));
    require(group.buckets != before.buckets, "the group has not changed");
    distribute(group, all);
    use(group);
  }
  const std::array<GroupMember, kMembers> all = members();
  Group group;
};

}  // namespace

std::vector<Case> next_hop_cases() {
  return {{"native-next-hop-choose", kOperations, prepare<Choose>()},
          {"native-next-hop-distribute", 1, prepare<Distribute>()}};
}

}  // namespace millrace::bench
