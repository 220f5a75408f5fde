// What the workers read of neighbours (adjacencies, and the hosts a bridge answers ARP for), and
// what the control side does when one is found or gets another MAC.
#include <array>

#include "native/case.hpp"
#include "tables/host_table.hpp"
#include "tables/next_hops.hpp"

namespace millrace::bench {

namespace {

constexpr std::uint32_t kNeighbours = 4096;
constexpr std::uint32_t kFirstFree = kFirstAdjacency + 8;
constexpr std::uint16_t kUplink = 1;
constexpr Ip4 kSubnet = 0x0a100000;

Mac mac_of(std::uint32_t n) {
  Mac mac{{2, 0, 0, 0, 0, 0}};
  store_be32(&mac.bytes[2], n);
  return mac;
}

struct Turn {
  std::uint32_t turn() { return next = (next + kOperations) % kNeighbours; }
  std::uint32_t next = 0;
};

// first: kNeighbours for hosts that nobody knows.
struct FindHost : Turn {
  explicit FindHost(std::uint32_t first_host) : first(first_host) {
    for (std::uint32_t n = 0; n < kNeighbours; ++n)
      hosts.set(0, HostTable::mapped(kSubnet + n), {mac_of(n)});
    hosts.publish();
    hosts.reclaim();
    require((hosts.find(0, kSubnet + first) != nullptr) == (first == 0), "the lookup is wrong");
  }
  void run() {
    const Ip4 begin = kSubnet + first + turn();
    for (Ip4 address = begin; address < begin + kOperations; ++address) use(hosts.find(0, address));
  }
  const std::uint32_t first;
  HostTable hosts;
};

// As many neighbours behind an uplink, each with its adjacency.
struct Neighbours : Turn {
  Neighbours() {
    next_hops.add_port({.index = kUplink, .uplink = true, .mac = mac_of(0)}, {});
    for (std::uint32_t n = 0; n < kNeighbours; ++n) {
      const NextHop hop{.port = kUplink, .has_address = true, .address = address_of(n)};
      numbers.push_back(next_hops.acquire(std::array{hop}));
      set_mac(n, n + 1);
    }
    next_hops.reclaim();
  }
  static IpAddress address_of(std::uint32_t n) { return IpAddress::of(kSubnet + n); }
  void set_mac(std::uint32_t n, std::uint32_t mac) {
    const Mac known = mac_of(mac);
    next_hops.set_mac(kUplink, address_of(n), true, &known);
  }
  AdjacencyTable table{kFirstFree};
  NextHops next_hops{table, 4};
  std::vector<std::uint32_t> numbers;
};

// As a worker follows what the FIB says, to the header that it writes.
struct ReadAdjacency : Neighbours {
  ReadAdjacency() { require(table[numbers[5]].destination == mac_of(6), "the neighbour is wrong"); }
  void run() {
    const std::uint32_t begin = turn();
    for (std::uint32_t n = begin; n < begin + kOperations; ++n) use(table[numbers[n]].destination);
  }
};

struct FindNeighbour : Neighbours {
  void run() {
    const std::uint32_t begin = turn();
    for (std::uint32_t n = begin; n < begin + kOperations; ++n) {
      const Neighbour* found = next_hops.neighbour(kUplink, address_of(n));
      require(found != nullptr, "the neighbour is gone");
      use(found->number);
    }
  }
};

struct MoveNeighbour : Neighbours {
  void run() {
    const std::uint32_t begin = turn();
    ++generation;
    for (std::uint32_t n = begin; n < begin + kOperations; ++n) set_mac(n, n + generation);
    require(table[numbers[begin]].destination == mac_of(begin + generation),
            "the neighbour has not moved");
    next_hops.reclaim();
  }
  std::uint32_t generation = 1;
};

}  // namespace

std::vector<Case> neighbour_cases() {
  return {{"native-adjacency-read", kOperations, prepare<ReadAdjacency>()},
          {"native-host-find-hit", kOperations, prepare<FindHost>(0u)},
          {"native-host-find-miss", kOperations, prepare<FindHost>(kNeighbours)},
          {"native-neighbour-find", kOperations, prepare<FindNeighbour>()},
          {"native-neighbour-move", kOperations, prepare<MoveNeighbour>()}};
}

}  // namespace millrace::bench
