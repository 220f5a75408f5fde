#pragma once
// Two ends with a router between them, each a namespace of the test. The link from the router to
// the far end is what is narrow.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "link/netns.hpp"
#include "link/path_probe.hpp"
#include "link/test_netns.hpp"

namespace millrace {

class PathProbeTest : public ::testing::TestWithParam<int> {
 protected:
  static constexpr std::chrono::milliseconds kTimeout{400};

  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
    if (std::system("ip -V >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs ip(8)";
    near_.emplace();
    router_.emplace();
    far_.emplace();
    for (const TestNetns* netns : {&*near_, &*router_, &*far_})
      must(*netns, "sysctl -qw net.ipv6.conf.default.accept_dad=0");  // it takes seconds
    join(*near_, "1");
    join(*far_, "2");
    for (const std::string key : {"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"})
      must(*router_, "sysctl -qw " + key + "=1");
    await_reached(1280);
  }

  bool ip6() const { return GetParam() == 6; }
  std::string near_address() const { return ip6() ? "fd00:9:1::2" : "10.9.1.2"; }
  std::string far_address() const { return ip6() ? "fd00:9:2::2" : "10.9.2.2"; }

  void narrow(const std::string& mtu) const {
    must(*router_, "ip link set r2 mtu " + mtu);
    must(*far_, "ip link set eth0 mtu " + mtu);
  }
  // The router's errors find no way back; what it forwards does.
  void suppress_errors() const {
    must(*router_, std::string("ip ") + (ip6() ? "-6" : "-4") + " rule add iif lo to " +
                       near_address() + " blackhole");
  }

  PathProbe probe(std::uint32_t bytes) const { return probe_to(far_address(), bytes); }
  PathProbe probe_to(const std::string& destination, std::uint32_t bytes) const {
    PathProbe result;
    in_netns(near_->path(), [&] {
      result = probe_path({near_address(), destination, bytes, kTimeout});
    });
    return result;
  }
  static void must(const TestNetns& netns, const std::string& command) {
    in_netns(netns.path(), [&] { EXPECT_EQ(std::system(command.c_str()), 0) << command; });
  }

  std::optional<TestNetns> near_, router_, far_;

 private:
  // ip(8) is another process: "self" would be that.
  static std::string seen_by_others(const TestNetns& netns) {
    return "/proc/" + std::to_string(::getpid()) + netns.path().substr(sizeof("/proc/self") - 1);
  }
  void join(const TestNetns& end, const std::string& net) const {
    const std::string device = "r" + net;
    must(*router_,
         "ip link add " + device + " type veth peer name eth0 netns " + seen_by_others(end));
    must(*router_, "ip addr add 10.9." + net + ".1/24 dev " + device);
    must(*router_, "ip addr add fd00:9:" + net + "::1/64 nodad dev " + device);
    must(end, "ip addr add 10.9." + net + ".2/24 dev eth0");
    must(end, "ip addr add fd00:9:" + net + "::2/64 nodad dev eth0");
    must(*router_, "ip link set " + device + " up");
    must(end, "ip link set eth0 up");
    must(end, "ip route add default via 10.9." + net + ".1");
    must(end, "ip -6 route add default via fd00:9:" + net + "::1");
  }
  void await_reached(std::uint32_t bytes) const {
    for (int attempt = 0; attempt < 20; ++attempt)
      if (probe(bytes).outcome == PathProbeOutcome::kReached) return;
    FAIL() << "the far end does not answer";
  }
};

}  // namespace millrace
