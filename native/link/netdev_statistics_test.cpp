// What links have moved: messages as kernels write them, and a veth pair's own.
#include "link/netdev_statistics.hpp"

#include <linux/if_link.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "link/netdev_announce.hpp"
#include "link/netdev_fixture.hpp"
#include "link/pod_link.hpp"

namespace millrace {

namespace {

// Of struct rtnl_link_stats64, whose first eight are those that we read.
template <std::size_t kCounters>
std::optional<NetdevStatistics> parsed() {
  std::array<std::uint64_t, kCounters> counters{};
  for (std::size_t i = 0; i < kCounters; ++i) counters[i] = (std::uint64_t{1} << 40) + i;
  NetdevMessage message(RTM_NEWLINK, 7);
  message.put_text(IFLA_IFNAME, "eth1");
  message.put(IFLA_STATS64, counters);
  return parse_netdev_statistics(message.message());
}

TEST(ParseNetdevStatisticsTest, ReadsCountersOfMoreThan32Bits) {
  const auto statistics = parsed<25>();
  ASSERT_TRUE(statistics.has_value());
  constexpr std::uint64_t kFirst = std::uint64_t{1} << 40;
  EXPECT_EQ(statistics->rx_packets, kFirst);
  EXPECT_EQ(statistics->tx_packets, kFirst + 1);
  EXPECT_EQ(statistics->rx_bytes, kFirst + 2);
  EXPECT_EQ(statistics->tx_bytes, kFirst + 3);
  EXPECT_EQ(statistics->rx_errors, kFirst + 4);
  EXPECT_EQ(statistics->tx_errors, kFirst + 5);
  EXPECT_EQ(statistics->rx_dropped, kFirst + 6);
  EXPECT_EQ(statistics->tx_dropped, kFirst + 7);
}

TEST(ParseNetdevStatisticsTest, ReadsTheShorterAndLongerOnesOfOtherKernels) {
  EXPECT_EQ(parsed<23>()->tx_dropped, (std::uint64_t{1} << 40) + 7);
  EXPECT_EQ(parsed<40>()->tx_dropped, (std::uint64_t{1} << 40) + 7);
}

TEST(ParseNetdevStatisticsTest, KnowsMessagesThatTellOfNone) {
  NetdevMessage without(RTM_NEWLINK, 7);
  EXPECT_FALSE(parse_netdev_statistics(without.message()).has_value());
  NetdevMessage gone(RTM_DELLINK, 7);
  gone.put(IFLA_STATS64, rtnl_link_stats64{});
  EXPECT_FALSE(parse_netdev_statistics(gone.message()).has_value());
  NetdevMessage cut(RTM_NEWLINK, 7);
  cut.message()->nlmsg_len = NLMSG_LENGTH(4);
  EXPECT_FALSE(parse_netdev_statistics(cut.message()).has_value());
}

using NetdevStatisticsTest = NetdevTest;

TEST_F(NetdevStatisticsTest, CountsWhatGoesOutAtOneEndAndInAtTheOther) {
  constexpr std::uint64_t kFrames = 100;  // many more than IPv6 sends by itself
  constexpr std::uint64_t kArpBytes = 42;
  configure_pod({.netns = here(),
                 .ifname = "v0",
                 .addresses = {"10.1.0.2/24"},
                 .gateways = {},
                 .routes = {}});
  set_netdev(here(), v1_, {.up = true});
  for (int i = 0; i < 500 && !v0().carrier; ++i) ::usleep(10000);
  const NetdevStatistics before = read_netdev_statistics(here(), v0_, "");
  const NetdevStatistics there_before = read_netdev_statistics(here(), v1_, "");
  for (std::uint64_t i = 0; i < kFrames; ++i) announce_address(here(), "v0", "10.1.0.2");
  const NetdevStatistics after = read_netdev_statistics(here(), v0_, "");
  const NetdevStatistics there_after = read_netdev_statistics(here(), v1_, "");
  EXPECT_GE(after.tx_packets - before.tx_packets, kFrames);
  EXPECT_GE(after.tx_bytes - before.tx_bytes, kFrames * kArpBytes);
  EXPECT_GE(there_after.rx_packets - there_before.rx_packets, kFrames);
  EXPECT_GE(there_after.rx_bytes - there_before.rx_bytes, kFrames * kArpBytes);
  EXPECT_LT(after.rx_packets - before.rx_packets, kFrames) << "nobody has answered";
}

TEST_F(NetdevStatisticsTest, TellsWhatItCannotRead) {
  const auto failure_at = [](const std::string& netns, int ifindex, const std::string& address) {
    return failure_of([&] { (void)read_netdev_statistics(netns, ifindex, address); });
  };
  EXPECT_EQ(failure_at(kNoSuchNetns, 1, "").error, ENOENT);
  const Failure gone = failure_at(here(), kNoSuchIfindex, "");
  EXPECT_EQ(gone.error, ENODEV);
  EXPECT_TRUE(gone.tells("interface with index 99999")) << gone.text;
  const Failure another = failure_at(here(), v0_, "0000:01:10.0");
  EXPECT_EQ(another.error, ENODEV) << "a veth is no function's";
  EXPECT_TRUE(another.tells("of 0000:01:10.0")) << another.text;
  const Failure loopback = failure_at(here(), 1, "0000:01:10.0");
  EXPECT_EQ(loopback.error, ENODEV) << "nor does its driver say so";
}

}  // namespace

}  // namespace millrace
