// Links, addresses, neighbours, channels.
#include "link/kernel_mirror.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "link/kernel_mirror_fixture.hpp"
#include "link/xdp_features.hpp"

namespace millrace {

namespace {

TEST_F(KernelMirrorTest, FollowsLinksAndAddresses) {
  start();
  ip("link add br0 type bridge");
  ip("link add v0 numrxqueues 3 mtu 1400 address 02:00:00:00:00:0a type veth peer name v1");
  ip("link set v0 master br0");
  ip("link set v0 up");
  const auto link = [&](const std::string& name) {
    return sink_.read([&](const RecordingSink& sink) {
      for (const auto& [ifindex, known] : sink.links_)
        if (known.name == name) return known;
      return KernelLink{};
    });
  };
  eventually([&] { return link("v0").admin_up; }, "v0");
  EXPECT_EQ(link("v0").kind, "veth");
  EXPECT_EQ(link("v0").mtu, 1400u);
  EXPECT_EQ(link("v0").rx_queues, 3u);
  EXPECT_EQ(link("v0").mac, (Mac{{2, 0, 0, 0, 0, 10}}));
  EXPECT_EQ(link("v0").master, link("br0").ifindex);
  EXPECT_FALSE(link("v0").up) << "its peer is down";
  ip("link set v1 up");
  eventually([&] { return link("v0").up; }, "a carrier");
  ip("link set v0 nomaster");
  eventually([&] { return link("v0").master == 0; }, "a link without bridge, which still lives");
  EXPECT_EQ(link("br0").kind, "bridge");

  ip("addr add 10.0.0.1/24 dev v0");
  ip("addr add fd00::1/64 dev v0 nodad");
  const auto has = [&](const std::string& address) {
    return sink_.read([&](const RecordingSink& sink) { return sink.addresses_.contains(address); });
  };
  eventually([&] { return has("10.0.0.1/24") && has("fd00::1/64"); }, "the addresses");
  ip("addr del 10.0.0.1/24 dev v0");
  eventually([&] { return !has("10.0.0.1/24"); }, "the address to go");
  ip("link del v0");
  eventually([&] { return link("v0").ifindex == 0 && link("v1").ifindex == 0; }, "the links to go");
  eventually([&] { return !has("fd00::1/64"); }, "its other address to go");
}

TEST_F(KernelMirrorTest, ResolvesANeighbourWhenAsked) {
  const TestNetns peer;
  // Of this process, not of ip(8).
  const std::string self = "/proc/" + std::to_string(::getpid()) + peer.path().substr(10);
  ip("link add v0 type veth peer name v1 netns " + self);
  ip("addr add 10.0.0.1/24 dev v0");
  ip("addr add fd00::1/64 dev v0 nodad");
  ip("link set v0 up");
  in_netns(peer.path(), [] {
    for (const char* command : {"ip addr add 10.0.0.2/24 dev v1", "ip link set v1 up",
                                "ip addr add fd00::2/64 dev v1 nodad"})
      EXPECT_EQ(std::system(command), 0);
  });
  run("sysctl -qw net.ipv4.neigh.v0.mcast_solicit=1 net.ipv4.neigh.v0.retrans_time_ms=100");
  start();
  const int ifindex =
      sink_.read([](const RecordingSink& sink) { return sink.links_.rbegin()->first; });
  const auto usable = [&](const std::string& address) {
    return sink_.read([&](const RecordingSink& sink) {
      const auto known = sink.neighbours_.find(address);
      return known != sink.neighbours_.end() && known->second.usable();
    });
  };
  EXPECT_FALSE(usable("10.0.0.2"));
  std::array<std::uint8_t, 16> address{10, 0, 0, 2};
  mirror_->probe(ifindex, false, address);
  eventually([&] { return usable("10.0.0.2"); }, "the IPv4 neighbour");
  address = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  // Again and again, as for packets: IPv6 does not ask before it has noticed that the link is up.
  const auto answers = [&] {
    mirror_->probe(ifindex, true, address);
    return usable("fd00::2");
  };
  eventually(answers, "the IPv6 neighbour");
  address = {10, 0, 0, 3};
  mirror_->probe(ifindex, false, address);
  const auto failed = [&] {
    return sink_.read(
        [](const RecordingSink& sink) { return sink.neighbours_.contains("10.0.0.3"); });
  };
  eventually(failed, "a neighbour that does not answer");
  EXPECT_FALSE(usable("10.0.0.3"));
  ip("neigh del 10.0.0.2 dev v0");
  eventually([&] { return !usable("10.0.0.2"); }, "the neighbour to go");
  EXPECT_GE(mirror_->statistics().probes, 3u);
}

TEST_F(KernelMirrorTest, LeavesAPermanentNeighbourAsItIs) {
  make_links();
  ip("neigh add 10.0.0.7 lladdr 02:00:00:00:00:07 nud permanent dev v0");
  ip("neigh add 10.0.0.8 lladdr 02:00:00:00:00:08 nud stale dev v0");
  start();
  const KernelNeighbour neighbour =
      sink_.read([](const RecordingSink& sink) { return sink.neighbours_.at("10.0.0.7"); });
  for (const std::uint8_t host : {7, 8}) mirror_->probe(neighbour.ifindex, false, {10, 0, 0, host});
  const auto state_of = [&](const std::string& address) {
    return ip("neigh show " + address + " dev v0");
  };
  eventually([&] { return state_of("10.0.0.8").find("STALE") == std::string::npos; }, "a probe");
  EXPECT_NE(state_of("10.0.0.7").find("PERMANENT"), std::string::npos) << state_of("10.0.0.7");
}

TEST_F(KernelMirrorTest, TellsOfAChangedNumberOfQueues) {
  if (std::system("ethtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs ethtool(8)";
  ip("link add v0 numrxqueues 2 numtxqueues 2 type veth peer name v1 numrxqueues 2 numtxqueues 2");
  start();
  run("ethtool -L v0 rx 1 tx 1 || ethtool -L v0 rx 2 tx 2");
  const auto told = [&] {
    return sink_.read([](const RecordingSink& sink) {
      return !sink.channels_.empty() && sink.links_.contains(sink.channels_[0]) &&
             sink.links_.at(sink.channels_[0]).name == "v0";
    });
  };
  eventually(told, "the notification");
}

TEST_F(KernelMirrorTest, TellsOfChangedFeaturesOfAVethThatItsOtherEndChangesToo) {
  if (std::system("ethtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs ethtool(8)";
  if (!list_xdp_features().front().known) GTEST_SKIP() << "needs Linux 6.3";
  make_links();
  start();
  for (const std::string change : {"v0 tso off", "v1 gro on", "v1 gro off"}) {
    const std::size_t before = sink_.read([](const auto& sink) { return sink.features_.size(); });
    run("ethtool -K " + change);
    const auto told = [&](const RecordingSink& sink) {
      return std::any_of(sink.features_.begin() + static_cast<std::ptrdiff_t>(before),
                         sink.features_.end(),
                         [&](int ifindex) { return sink.links_.at(ifindex).name == "v0"; });
    };
    eventually([&] { return sink_.read(told); }, "word of " + change);
  }
}

TEST_F(KernelMirrorTest, StopsWhileItIsBusyAndNeverStartsTwice) {
  start();
  EXPECT_THROW(mirror_->start(), std::logic_error);
  mirror_->set_tables({1});
  mirror_->stop();
  mirror_->stop();
}

TEST_F(KernelMirrorTest, SaysThatANamespaceIsGone) {
  EXPECT_THROW(KernelMirror(sink_, {.tables = {}, .netns = "/run/netns/mr-no-such"}),
               std::system_error);
}

}  // namespace

}  // namespace millrace
