// Routes, groups and neighbours change as fast as they can while a worker looks up.
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "engine/routing_fixture.hpp"

namespace millrace {

namespace {

// A reader as a worker is one: it passes a quiescent state after each round.
class Reader {
 public:
  Reader(const AdjacencyTable& adjacencies, const Vrf& vrf)
      : adjacencies_(adjacencies), vrf_(vrf), thread_([this] { run(); }) {}
  ~Reader() {
    stop_ = true;
    thread_.join();
  }
  void synchronize() const {
    const std::uint64_t seen = rounds_;
    while (rounds_ < seen + 2 && !stop_) std::this_thread::yield();
  }
  std::uint64_t rounds() const { return rounds_; }
  std::uint64_t wrong() const { return wrong_; }

 private:
  void run() {
    std::mt19937 random(7);
    for (; !stop_; ++rounds_)
      for (int i = 0; i < 64; ++i) look_up(random);
  }
  // 10.64.0.0/16 always leads to one of two routers, by whatever route; 10.65.0.0/16 never leads
  // anywhere but to a blackhole; what lies outside of 10.64.0.0/15 has no route at all.
  void look_up(std::mt19937& random) {
    const auto offset = static_cast<Ip4>(random());
    const AdjacencyKind inside = resolve(ip4_address(10, 64, 0, 0) + offset % 65536);
    const AdjacencyKind hole = resolve(ip4_address(10, 65, 0, 0) + offset % 65536);
    const AdjacencyKind outside = resolve(ip4_address(10, 66, 0, 0) + offset % 65536);
    if (inside != AdjacencyKind::kRewrite || hole != AdjacencyKind::kBlackhole ||
        outside != AdjacencyKind::kNone)
      ++wrong_;
  }
  // A packet that comes to a neighbour as it vanishes waits and is looked up again.
  AdjacencyKind resolve(Ip4 address) const {
    AdjacencyKind kind = follow(address);
    for (int i = 0; kind == AdjacencyKind::kUnresolved && i < 3; ++i) kind = follow(address);
    return kind;
  }
  AdjacencyKind follow(Ip4 address) const {
    const Adjacency* adjacency = &adjacencies_[vrf_.fib4.lookup(address)];
    if (adjacency->kind == AdjacencyKind::kCounted) adjacency = &adjacencies_[adjacency->child];
    if (adjacency->kind == AdjacencyKind::kGroup)
      adjacency = &adjacencies_[adjacency->group->buckets[address % kGroupBuckets]];
    return adjacency->kind;
  }

  const AdjacencyTable& adjacencies_;
  const Vrf& vrf_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> rounds_ = 0, wrong_ = 0;
  std::thread thread_;  // last: it uses the others
};

TEST(RoutingStormTest, NoReaderEverSeesAWrongAnswer) {
  AdjacencyTable adjacencies{kFirstAdjacency + kMaxPorts};
  Vrf vrf;
  vrf.id = kBlue;
  std::array<std::uint64_t, 256> counts{};
  const std::uint64_t* const arrays = counts.data();
  const Reader* reader = nullptr;
  Routing routing({.adjacencies = adjacencies,
                   .synchronize =
                       [&] {
                         if (reader != nullptr) reader->synchronize();
                       },
                   .counters = &arrays,
                   .workers = 1,
                   .counted_routes = 128});
  routing.add_vrf(vrf);
  PortConfig config;
  config.index = kUplink;
  config.uplink = true;
  config.vrf = &vrf;
  routing.add_port(config);
  const IpAddress one = parse_address("192.0.2.1"), two = parse_address("192.0.2.2");
  routing.set_neighbour(kUplink, one, router_mac(1));
  routing.set_neighbour(kUplink, two, router_mac(2));
  const std::vector<NextHop> both = {via(kUplink, "192.0.2.1"), via(kUplink, "192.0.2.2")};
  routing.apply(kBlue, std::vector{unicast("10.64.0.0/16", both),
                                   special("10.65.0.0/16", RouteType::kBlackhole)});
  std::uint64_t wrong = 0, rounds = 0;
  {
    Reader worker(adjacencies, vrf);
    reader = &worker;
    std::mt19937 random(1);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    for (int step = 0; step < 20'000 && std::chrono::steady_clock::now() < end; ++step) {
      const auto pick = static_cast<std::uint32_t>(random());
      const std::uint32_t length = 17 + pick % 16;
      const IpAddress somewhere = IpAddress::of(ip4_address(10, 64, 0, 0) + (pick >> 8) % 65536);
      const Prefix prefix = Prefix{somewhere, 32}.shortened(length);
      switch (pick % 7) {
        case 0:
          routing.set_kernel_route(kBlue, prefix, RouteType::kUnicast, both);
          break;
        case 1:
          routing.set_kernel_route(kBlue, prefix, RouteType::kUnicast, std::span(both).first(1));
          break;
        case 2:
          routing.remove_kernel_route(kBlue, prefix);
          break;
        case 3:  // one of two is enough
          routing.remove_neighbour(kUplink, two);
          break;
        case 4:
          routing.set_neighbour(kUplink, two, router_mac(static_cast<std::uint8_t>(pick >> 24)));
          break;
        case 5: {
          RouteChange change{.op = ChangeOp::kReplace, .prefix = prefix, .next_hops = both};
          change.counted = true;
          routing.apply(kBlue, std::vector{change});
          change.op = ChangeOp::kDelete;
          routing.apply(kBlue, std::vector{change});
          break;
        }
        default:
          routing.publish();
      }
    }
    wrong = worker.wrong();
    rounds = worker.rounds();
    reader = nullptr;
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(rounds, 100u);
}

}  // namespace

}  // namespace millrace
