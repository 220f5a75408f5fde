#pragma once
// A namespace, a mirror of it and a sink that keeps what it is told, in words that compare with
// what ip(8) prints.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "link/kernel_mirror.hpp"
#include "link/netns.hpp"
#include "link/test_netns.hpp"

namespace millrace {

inline std::string text_of(bool ip6, const std::array<std::uint8_t, 16>& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(ip6 ? AF_INET6 : AF_INET, address.data(), text.data(), text.size());
  return text.data();
}

// Remembers living objects; a mistake in the order of calls is a failure of the test.
class RecordingSink : public MirrorSink {
 public:
  void on_route(const KernelRoute& route, bool removed) override {
    const std::lock_guard lock(mutex_);
    ++route_calls_;
    const std::string key = std::to_string(route.table) + " " + text_of(route.ip6, route.prefix) +
                            "/" + std::to_string(route.length);
    if (removed)
      routes_.erase(key);
    else
      routes_[key] = describe(route);
    if (in_resync_ && !removed) twice_ = !seen_.insert(key).second || twice_;
    if (hold_) hold_();
  }
  void on_neighbour(const KernelNeighbour& neighbour, bool removed) override {
    const std::lock_guard lock(mutex_);
    const std::string key = text_of(neighbour.ip6, neighbour.address);
    removed ? (void)neighbours_.erase(key) : (void)(neighbours_[key] = neighbour);
  }
  void on_link(const KernelLink& link, bool removed) override {
    const std::lock_guard lock(mutex_);
    removed ? (void)links_.erase(link.ifindex) : (void)(links_[link.ifindex] = link);
  }
  void on_address(const KernelAddress& address, bool removed) override {
    const std::lock_guard lock(mutex_);
    const std::string key =
        text_of(address.ip6, address.address) + "/" + std::to_string(address.length);
    removed ? (void)addresses_.erase(key) : (void)addresses_.insert(key);
  }
  void on_resync_begin() override {
    const std::lock_guard lock(mutex_);
    in_resync_ = true;
    seen_.clear();
  }
  void on_resync_end() override {
    const std::lock_guard lock(mutex_);
    in_resync_ = false;
    for (const auto& [key, description] : routes_) unswept_ = unswept_ || !seen_.contains(key);
  }
  void on_batch_end() override {}
  void on_channels_changed(std::int32_t ifindex) override {
    const std::lock_guard lock(mutex_);
    channels_.push_back(ifindex);
  }
  void on_features_changed(std::int32_t ifindex) override {
    const std::lock_guard lock(mutex_);
    features_.push_back(ifindex);
  }
  void on_fdb_changed(std::int32_t ifindex) override {
    const std::lock_guard lock(mutex_);
    fdb_changes_.push_back(ifindex);
  }

  // Called with each route, on the mirror's thread.
  void hold(std::function<void()> hold) {
    const std::lock_guard lock(mutex_);
    hold_ = std::move(hold);
  }
  template <typename Read>
  auto read(Read what) const {
    const std::lock_guard lock(mutex_);
    return what(*this);
  }
  std::string route(const std::string& key) const {
    return read([&](const RecordingSink& sink) {
      const auto found = sink.routes_.find(key);
      return found == sink.routes_.end() ? std::string("none") : found->second;
    });
  }
  std::map<std::string, std::string> routes() const {
    return read([](const RecordingSink& sink) { return sink.routes_; });
  }

  std::map<std::string, std::string> routes_;  // "table prefix/length": description
  std::map<std::string, KernelNeighbour> neighbours_;
  std::map<int, KernelLink> links_;
  std::set<std::string> addresses_;
  std::vector<std::int32_t> channels_;
  std::vector<std::int32_t> features_;
  std::vector<std::int32_t> fdb_changes_;
  std::uint64_t route_calls_ = 0;
  bool twice_ = false;    // an object reported twice in one resync
  bool unswept_ = false;  // one that lives on without having been reported in a resync

 private:
  static std::string describe(const KernelRoute& route) {
    static constexpr std::array kTypes = {"unicast",     "local",    "blackhole",
                                          "unreachable", "prohibit", "other"};
    std::string text = kTypes[static_cast<std::size_t>(route.type)];
    text += " metric " + std::to_string(route.metric);
    std::set<std::string> hops;
    for (const KernelNextHop& hop : route.next_hops)
      hops.insert(" via " +
                  (hop.has_gateway ? text_of(hop.gateway_ip6, hop.gateway) : std::string("link")) +
                  "*" + std::to_string(hop.weight));
    for (const std::string& hop : hops) text += hop;
    return text;
  }

  mutable std::mutex mutex_;
  std::function<void()> hold_;
  std::set<std::string> seen_;
  bool in_resync_ = false;
};

class KernelMirrorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
    if (std::system("ip -V >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs ip(8)";
    netns_.emplace();
    ip("link set lo up");
  }
  void TearDown() override {
    if (mirror_) mirror_->stop();
    EXPECT_FALSE(sink_.twice_) << "reported twice in one resync";
    EXPECT_FALSE(sink_.unswept_) << "not reported in a resync, nor removed";
  }

  // Two pairs of links, v0-v1 and w0-w1, all up; v0 has 10.0.0.1/24 and fd00::1/64, w0 10.0.1.1/24
  // and fd00:1::1/64.
  void make_links() {
    for (const std::string name : {"v", "w"}) {
      ip("link add " + name + "0 type veth peer name " + name + "1");
      ip("link set " + name + "1 up");
      ip("link set " + name + "0 up");
    }
    ip("addr add 10.0.0.1/24 dev v0");
    ip("addr add 10.0.1.1/24 dev w0");
    ip("addr add fd00::1/64 dev v0 nodad");
    ip("addr add fd00:1::1/64 dev w0 nodad");
  }

  void start(MirrorOptions options = {}) {
    options.netns = netns_->path();
    mirror_.emplace(sink_, options);
    mirror_->start();
    eventually([&] { return mirror_->statistics().resyncs > 0; }, "the first resync");
  }

  // Runs a program in the namespace; its standard output.
  std::string run(const std::string& command, bool must_work = true) const {
    std::string output;
    in_netns(netns_->path(), [&] {
      FILE* pipe = ::popen(command.c_str(), "re");
      std::array<char, 4096> part;
      while (const std::size_t length = std::fread(part.data(), 1, part.size(), pipe))
        output.append(part.data(), length);
      const int status = ::pclose(pipe);
      EXPECT_TRUE(status == 0 || !must_work) << command;
    });
    return output;
  }
  std::string ip(const std::string& arguments) const { return run("ip " + arguments); }
  // Many commands for one ip(8), which stops at the first that fails, or with -force does not.
  void batch(const std::vector<std::string>& lines, const std::string& options = "") const {
    std::string path = ::testing::TempDir() + "millrace-mirror-" + std::to_string(::gettid());
    FILE* file = std::fopen(path.c_str(), "we");
    for (const std::string& line : lines) std::fprintf(file, "%s\n", line.c_str());
    std::fclose(file);
    run("ip " + options + "-batch " + path + " 2>&1", options.empty());
    ::unlink(path.c_str());
  }

  static void eventually(const std::function<bool()>& holds, const std::string& what,
                         std::chrono::milliseconds patience = std::chrono::seconds(8)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) {
        ADD_FAILURE() << "waited in vain for " << what;
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  // The route of this key becomes that; what it is otherwise is printed.
  void expect_route(const std::string& key, const std::string& description) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(4);
    while (sink_.route(key) != description && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(sink_.route(key), description) << key;
  }

  std::optional<TestNetns> netns_;
  RecordingSink sink_;
  std::optional<KernelMirror> mirror_;
};

}  // namespace millrace
