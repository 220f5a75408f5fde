// Random changes of everything at once. A mirror that has followed them knows the same as one that
// starts now. With MILLRACE_TEST_STRICT set it has no help of verifications.
#include <cstdlib>
#include <iostream>
#include <random>

#include "link/kernel_mirror_fixture.hpp"

namespace millrace {

namespace {

class Changes {
 public:
  explicit Changes(unsigned seed) : random_(seed) {}

  std::string next() {
    switch (random_() % 16) {
      case 0:
        return "link set " + one_of({"v0", "w0", "v1"}) + " " + one_of({"up", "up", "down"});
      case 1:
        return "addr " + one_of({"add", "add", "del"}) +
               one_of({" 10.0.0.1/24 dev v0", " 10.0.1.1/24 dev w0", " 10.9.9.9/32 dev v0"});
      case 2:
        return "addr " + one_of({"add", "add", "del"}) +
               one_of({" fd00::1/64 dev v0", " fd00:1::1/64 dev w0"});
      case 3:
      case 4:
        return "nexthop " + one_of({"add", "replace", "replace"}) + " id " +
               one_of({"1 via 10.0.0.2 dev v0", "2 via 10.0.1.2 dev w0", "1 via 10.0.0.3 dev v0",
                       "10 group 1/2", "10 group 1,3/2,2", "10 group 2", "3 via fd00::2 dev v0"});
      case 5:
        return "nexthop del id " + one_of({"1", "2", "3", "10"});
      default:
        return random_() % 2 == 0 ? route4() : route6();
    }
  }

 private:
  std::string one_of(const std::vector<std::string>& texts) {
    return texts[random_() % texts.size()];
  }
  std::string action() {
    return "route " + one_of({"add", "add", "append", "prepend", "replace", "replace", "del"}) +
           " ";
  }
  std::string metric() { return one_of({"", " metric 5", " metric 7"}) + table(); }
  std::string table() { return one_of({"", " table 100"}); }
  std::string route4() {
    return action() + one_of({"1.0.0.0/24", "1.0.1.0/24", "1.0.2.0/24"}) + metric() +
           one_of({" via 10.0.0.2", " via 10.0.1.2", " dev v0", " dev w0", " nhid 1", " nhid 10",
                   " via 10.0.0.2 src 10.9.9.9", " nexthop via 10.0.0.2 nexthop via 10.0.1.2",
                   " nexthop via 10.0.0.4 weight 2 nexthop via 10.0.0.5 weight 3"});
  }
  // Without a gateway they have a metric of their own: Linux 6.18 overlooks such a route when its
  // link goes down, if it stands between members of a multipath route (fib6_clean_node skips to the
  // last).
  std::string route6() {
    if (random_() % 5 == 0)
      return "route " + one_of({"add", "append", "del"}) + " " +
             one_of({"fd10::/64", "fd11::/64"}) + " metric 9" + table() +
             one_of({" dev v0", " dev w0"});
    return action() + one_of({"fd10::/64", "fd11::/64", "fd12::/64"}) + metric() +
           one_of({" via fd00::2", " via fd00:1::2", " nhid 3", " via fd00::3",
                   " nexthop via fd00::2 nexthop via fd00:1::2",
                   " nexthop via fd00::4 nexthop via fd00::5"});
  }

  std::mt19937 random_;
};

TEST_F(KernelMirrorTest, StaysEqualToTheKernelUnderRandomChanges) {
  const char* given = std::getenv("MILLRACE_TEST_SEED");
  const unsigned seed = given == nullptr ? std::random_device{}() : std::stoul(given);
  std::cout << "MILLRACE_TEST_SEED=" << seed << "\n";
  make_links();
  start({.verify = std::getenv("MILLRACE_TEST_STRICT") == nullptr, .netns = {}});
  Changes changes(seed);
  for (int round = 0; round < 60 && !HasFailure(); ++round) {
    std::vector<std::string> lines;
    for (int i = 0; i < 60; ++i) lines.push_back(changes.next());
    batch(lines, "-force ");
    RecordingSink now;
    const auto same = [&] {
      now.routes_.clear();
      KernelMirror other(now, {.netns = netns_->path()});
      other.start();
      eventually([&] { return other.statistics().resyncs > 0; }, "the second mirror");
      other.stop();
      return sink_.routes() == now.routes();
    };
    eventually(same, "the same routes, round " + std::to_string(round), std::chrono::seconds(2));
    for (const auto& [key, description] : now.routes())
      EXPECT_EQ(sink_.route(key), description) << key;
    for (const auto& [key, description] : sink_.routes())
      EXPECT_EQ(now.route(key), description) << key;
  }
  EXPECT_EQ(mirror_->statistics().resyncs, 1u);
}

}  // namespace

}  // namespace millrace
