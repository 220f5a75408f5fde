// More changes than the mirror can take: what it knows in the end is what the kernel has.
#include <atomic>
#include <sstream>

#include "link/kernel_mirror_fixture.hpp"

namespace millrace {

namespace {

std::string prefix(int i) {
  return "1." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) + ".0/24";
}

class KernelMirrorOverrunTest : public KernelMirrorTest {
 protected:
  void SetUp() override {
    KernelMirrorTest::SetUp();
    if (IsSkipped()) return;
    make_links();
  }
  // What ip(8) prints of table 100, in the words of the sink.
  std::map<std::string, std::string> routes_of_kernel() const {
    std::map<std::string, std::string> routes;
    for (const std::string family : {"-4", "-6"}) {
      std::istringstream lines(
          run("ip -oneline " + family + " route show table 100 2>&1", false));  // or no such table
      for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string destination, word, gateway, metric = "0";
        words >> destination;
        if (line.starts_with("Error") || line.starts_with("Dump")) continue;
        while (words >> word) {
          if (word == "via") words >> gateway;
          if (word == "metric") words >> metric;
        }
        routes.emplace("100 " + destination, "unicast metric " + metric + " via " + gateway + "*1");
      }
    }
    return routes;
  }
  void expect_what_the_kernel_has() {
    const auto wanted = routes_of_kernel();
    eventually([&] { return sink_.routes() == wanted; }, "what the kernel has");
    EXPECT_GT(wanted.size(), 100u);
  }
};

TEST_F(KernelMirrorOverrunTest, KnowsWhatTheKernelHasAfterLosingMessages) {
  std::vector<std::string> before, during;
  for (int i = 0; i < 4000; ++i) {
    before.push_back("route add " + prefix(i) + " via 10.0.0.2 table 100");
    if (i % 3 == 0) during.push_back("route del " + prefix(i) + " table 100");
    if (i % 3 == 1) during.push_back("route replace " + prefix(i) + " via 10.0.1.2 table 100");
    during.push_back("route add " + prefix(i + 10000) + " via 10.0.0.3 table 100");
    if (i % 8 == 0)
      during.push_back("route add fd10:" + std::to_string(i) + "::/64 via fd00::2 table 100");
  }
  batch(before);
  start({.tables = {100}, .receive_buffer_bytes = 4096, .netns = {}});
  EXPECT_EQ(sink_.routes(), routes_of_kernel());
  std::atomic<bool> held = false, go_on = false;
  sink_.hold([&] {
    held = true;
    while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  ip("route add 2.0.0.0/24 via 10.0.0.2 table 100");
  while (!held) std::this_thread::yield();
  batch(during);
  go_on = true;
  expect_what_the_kernel_has();
  // The last route is told a moment before the statistics are.
  eventually([&] { return mirror_->statistics().resyncs >= 2; }, "the resync to be counted");
  EXPECT_GE(mirror_->statistics().overruns, 1u);
}

TEST_F(KernelMirrorOverrunTest, EndsRightAfterAStormThatOutlastsItsResyncs) {
  start({.tables = {100}, .receive_buffer_bytes = 4096, .netns = {}});
  sink_.hold([calls = 0]() mutable {  // slower than the storm
    if (++calls % 16 == 0) std::this_thread::sleep_for(std::chrono::microseconds(500));
  });
  std::atomic<bool> over = false;
  std::thread storm([&] {
    for (int round = 0; round < 6; ++round) {
      std::vector<std::string> lines;
      for (int i = 0; i < 3000; ++i)
        lines.push_back(round % 2 == 0 ? "route add " + prefix(i) + " via 10.0.0.2 table 100"
                                       : "route del " + prefix(i) + " table 100");
      for (int i = 0; i < 500; ++i)
        lines.push_back("route replace " + prefix(i + 5000) + " table 100 via 10.0." +
                        std::to_string(round % 2) + ".2");
      batch(lines);
    }
    over = true;
  });
  storm.join();
  expect_what_the_kernel_has();
  eventually([&] { return mirror_->statistics().synchronised; }, "the last resync to be counted");
  const MirrorStatistics statistics = mirror_->statistics();
  EXPECT_GE(statistics.overruns, 2u);
  EXPECT_LT(statistics.resyncs, 60u) << "it dumps without end";
}

TEST_F(KernelMirrorOverrunTest, AppliesChangesThatComeDuringTheFirstDump) {
  std::vector<std::string> before, during;
  for (int i = 0; i < 20000; ++i)
    before.push_back("route add " + prefix(i) + " via 10.0.0.2 table 100");
  for (int i = 0; i < 5000; ++i) {
    before.push_back("route add fd10:" + std::to_string(i) + "::/64 via fd00::2 table 100");
    during.push_back("route del fd10:" + std::to_string(i) + "::/64 table 100");
    during.push_back("route replace " + prefix(i * 4) + " via 10.0.1.2 table 100");
    during.push_back("route del " + prefix(i * 4 + 1) + " table 100");
    if (i % 2 == 0)
      during.push_back("route add fd11:" + std::to_string(i) + "::/64 via fd00::2 table 100");
  }
  batch(before);
  std::thread changes([&] { batch(during); });
  start({.tables = {100}, .netns = {}});
  for (int i = 0; i < 8; ++i) {  // more dumps amid the changes
    mirror_->set_tables({100});
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  changes.join();
  expect_what_the_kernel_has();
}

}  // namespace

}  // namespace millrace
