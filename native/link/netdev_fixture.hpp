#pragma once
// Two namespaces of the test, "here" and "there"; here is a veth pair: v0, which is up, and v1.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include "link/links.hpp"
#include "link/netdev.hpp"
#include "link/netdev_link.hpp"
#include "link/netns.hpp"
#include "link/test_netns.hpp"

namespace millrace {

class NetdevTest : public ::testing::Test {
 protected:
  static constexpr int kNoSuchIfindex = 99999;
  static constexpr const char* kNoSuchNetns = "/run/netns/mr-no-such";

  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
    here_.emplace();
    there_.emplace();
    const VethPair pair = make_pair(here(), "v0", "v1");
    v0_ = pair.host_ifindex;
    v1_ = pair.pod_ifindex;
  }

  static VethPair make_pair(const std::string& netns, const std::string& one,
                            const std::string& other) {
    VethPair pair{};
    in_netns(netns, [&] {
      pair = create_veth({.host_name = one,
                          .host_mac = "02:00:00:00:00:01",
                          .pod_name = other,
                          .pod_mac = "02:00:00:00:00:02",
                          .netns = netns,
                          .alias = "millrace test",
                          .mtu = 1500});
    });
    return pair;
  }

  const std::string& here() const { return here_->path(); }
  const std::string& there() const { return there_->path(); }
  NetdevInfo v0() const { return describe_netdev(here(), v0_); }
  static std::optional<NetdevInfo> named(const std::string& netns, const std::string& name) {
    NetdevSocket socket(netns);
    const auto link = get_netdev_named(socket, name);
    return link ? std::optional(link->info) : std::nullopt;
  }
  static void add_name(const std::string& netns, int ifindex, const std::string& name) {
    NetdevSocket socket(netns);
    add_alternative_name(socket, ifindex, name);
  }

  struct Failure {
    int error = 0;  // 0: it did not fail
    std::string text;

    bool tells(const std::string& words) const { return text.find(words) != std::string::npos; }
  };
  static Failure failure_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const std::system_error& failure) {
      return {failure.code().value(), failure.what()};
    }
    return {};
  }

  int v0_ = 0;
  int v1_ = 0;

 private:
  std::optional<TestNetns> here_, there_;
};

}  // namespace millrace
