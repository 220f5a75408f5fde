// What PFs tell of their VFs: the attributes as the kernel writes them for igb and others.
#include "link/vf_settings.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/routing_prefix.hpp"
#include "link/netdev_message.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kNotTold = UINT32_MAX;

// A VF as the driver describes it (struct ifla_vf_info of the kernel).
struct Sample {
  std::uint32_t index = 0;
  const char* mac = "00:00:00:00:00:00";
  std::uint32_t vlan = 0;
  std::uint32_t qos = 0;
  std::uint16_t proto = ETH_P_8021Q;
  std::uint32_t spoofchk = 1;
  std::uint32_t trust = 0;
  std::uint32_t link_state = IFLA_VF_LINK_STATE_AUTO;
  std::uint32_t min_tx_rate = 0;
  std::uint32_t max_tx_rate = 0;
};

// 32 bytes, of which Ethernet fills six; the index of the VF in front, but for the broadcast.
void put_mac(NetdevMessage& link, const Sample& vf) {
  const Mac mac = parse_mac(vf.mac);
  ifla_vf_mac value{};
  value.vf = vf.index;
  std::copy(mac.bytes.begin(), mac.bytes.end(), value.mac);
  link.put(IFLA_VF_MAC, value);
  ifla_vf_broadcast broadcast{};
  std::fill_n(broadcast.broadcast, 6, std::uint8_t{0xff});
  link.put(IFLA_VF_BROADCAST, broadcast);
}

void put_vlan_list(NetdevMessage& link, const Sample& vf) {
  ifla_vf_vlan_info value{};
  value.vf = vf.index;
  value.vlan = vf.vlan;
  value.qos = vf.qos;
  value.vlan_proto = htons(vf.proto);
  link.nest(IFLA_VF_VLAN_LIST, [&] { link.put(IFLA_VF_VLAN_INFO, value); });
}

void put_statistics(NetdevMessage& link, std::uint64_t first) {
  link.nest(IFLA_VF_STATS, [&] {
    for (const int type :
         {IFLA_VF_STATS_RX_PACKETS, IFLA_VF_STATS_TX_PACKETS, IFLA_VF_STATS_RX_BYTES,
          IFLA_VF_STATS_TX_BYTES, IFLA_VF_STATS_BROADCAST, IFLA_VF_STATS_MULTICAST,
          IFLA_VF_STATS_RX_DROPPED, IFLA_VF_STATS_TX_DROPPED})
      link.put(type, first++);
  });
}

// In the order of rtnl_fill_vfinfo().
void put_vf(NetdevMessage& link, const Sample& vf) {
  link.nest(IFLA_VF_INFO, [&] {
    put_mac(link, vf);
    link.put(IFLA_VF_VLAN, ifla_vf_vlan{vf.index, vf.vlan, vf.qos});
    link.put(IFLA_VF_RATE, ifla_vf_rate{vf.index, vf.min_tx_rate, vf.max_tx_rate});
    link.put(IFLA_VF_TX_RATE, ifla_vf_tx_rate{vf.index, vf.max_tx_rate});
    link.put(IFLA_VF_SPOOFCHK, ifla_vf_spoofchk{vf.index, vf.spoofchk});
    link.put(IFLA_VF_LINK_STATE, ifla_vf_link_state{vf.index, vf.link_state});
    link.put(IFLA_VF_RSS_QUERY_EN, ifla_vf_rss_query_en{vf.index, kNotTold});
    link.put(IFLA_VF_TRUST, ifla_vf_trust{vf.index, vf.trust});
    put_vlan_list(link, vf);
    put_statistics(link, 100 * vf.index + 1);
  });
}

NetdevMessage pf_with(const std::vector<Sample>& vfs) {
  NetdevMessage link(RTM_NEWLINK, 3);
  link.put_text(IFLA_IFNAME, "enp1s0");
  link.put(IFLA_NUM_VF, static_cast<std::uint32_t>(vfs.size()));
  link.nest(IFLA_VFINFO_LIST, [&] {
    for (const Sample& vf : vfs) put_vf(link, vf);
  });
  return link;
}

std::vector<VfSettings> settings_of(NetdevMessage link) {
  return parse_vf_settings(link.message());
}

TEST(VfSettingsTest, ReadsTwoVfsOfAnIgb) {
  const auto vfs = settings_of(pf_with({
      {.index = 0, .mac = "02:11:22:33:44:55", .vlan = 100, .qos = 3, .trust = 1},
      {.index = 1, .spoofchk = 0, .max_tx_rate = 500},
  }));
  ASSERT_EQ(vfs.size(), 2u);
  EXPECT_EQ(vfs[0].index, 0u);
  EXPECT_EQ(to_text(vfs[0].mac), "02:11:22:33:44:55");
  EXPECT_EQ(vfs[0].vlan, 100u);
  EXPECT_EQ(vfs[0].vlan_qos, 3u);
  EXPECT_FALSE(vfs[0].service_vlan);
  EXPECT_EQ(vfs[0].spoofchk, true);
  EXPECT_EQ(vfs[0].trust, true);
  EXPECT_EQ(vfs[0].link_state, VfLinkState::kAuto);
  EXPECT_EQ(vfs[0].max_tx_rate, 0u);
  EXPECT_EQ(vfs[1].index, 1u);
  EXPECT_EQ(to_text(vfs[1].mac), "00:00:00:00:00:00");
  EXPECT_EQ(vfs[1].vlan, 0u);
  EXPECT_EQ(vfs[1].spoofchk, false);
  EXPECT_EQ(vfs[1].trust, false);
  EXPECT_EQ(vfs[1].min_tx_rate, 0u);
  EXPECT_EQ(vfs[1].max_tx_rate, 500u);
}

TEST(VfSettingsTest, KnowsWhatADriverDoesNotTell) {
  const auto vfs = settings_of(pf_with({{.spoofchk = kNotTold, .trust = kNotTold}}));
  ASSERT_EQ(vfs.size(), 1u);
  EXPECT_EQ(vfs[0].spoofchk, std::nullopt);
  EXPECT_EQ(vfs[0].trust, std::nullopt);
}

TEST(VfSettingsTest, ReadsAServiceVlanFromTheList) {
  const auto vfs = settings_of(pf_with({{.vlan = 200, .qos = 7, .proto = ETH_P_8021AD}}));
  ASSERT_EQ(vfs.size(), 1u);
  EXPECT_EQ(vfs[0].vlan, 200u);
  EXPECT_EQ(vfs[0].vlan_qos, 7u);
  EXPECT_TRUE(vfs[0].service_vlan);
}

TEST(VfSettingsTest, ReadsLinkStatesAndRates) {
  const auto vfs = settings_of(pf_with({
      {.index = 0, .link_state = IFLA_VF_LINK_STATE_ENABLE, .min_tx_rate = 10, .max_tx_rate = 20},
      {.index = 1, .link_state = IFLA_VF_LINK_STATE_DISABLE},
      {.index = 2, .link_state = 7},
  }));
  ASSERT_EQ(vfs.size(), 3u);
  EXPECT_EQ(vfs[0].link_state, VfLinkState::kEnable);
  EXPECT_EQ(vfs[0].min_tx_rate, 10u);
  EXPECT_EQ(vfs[0].max_tx_rate, 20u);
  EXPECT_EQ(vfs[1].link_state, VfLinkState::kDisable);
  EXPECT_EQ(vfs[2].link_state, std::nullopt) << "a state of a kernel to come";
}

TEST(VfSettingsTest, ReadsTheFewAttributesOfOldKernels) {
  NetdevMessage link(RTM_NEWLINK, 3);
  link.nest(IFLA_VFINFO_LIST, [&] {
    link.nest(IFLA_VF_INFO, [&] {
      put_mac(link, {.index = 4, .mac = "02:00:00:00:00:04"});
      link.put(IFLA_VF_VLAN, ifla_vf_vlan{4, 30, 2});
      link.put(IFLA_VF_TX_RATE, ifla_vf_tx_rate{4, 70});
    });
  });
  const auto vfs = settings_of(link);
  ASSERT_EQ(vfs.size(), 1u);
  EXPECT_EQ(vfs[0].index, 4u);
  EXPECT_EQ(vfs[0].vlan, 30u);
  EXPECT_EQ(vfs[0].vlan_qos, 2u);
  EXPECT_FALSE(vfs[0].service_vlan);
  EXPECT_EQ(vfs[0].max_tx_rate, 70u);
  EXPECT_EQ(vfs[0].spoofchk, std::nullopt);
  EXPECT_EQ(vfs[0].trust, std::nullopt);
  EXPECT_EQ(vfs[0].link_state, std::nullopt);
}

TEST(VfSettingsTest, ReadsAsManyVfsAsANicHas) {
  std::vector<Sample> samples(128);
  for (std::uint32_t i = 0; i < samples.size(); ++i) samples[i] = {.index = i, .vlan = i + 1};
  NetdevMessage link = pf_with(samples);
  ASSERT_GT(link.message()->nlmsg_len, 32768u);
  const auto vfs = settings_of(link);
  ASSERT_EQ(vfs.size(), samples.size());
  for (std::uint32_t i = 0; i < vfs.size(); ++i) {
    EXPECT_EQ(vfs[i].index, i);
    EXPECT_EQ(vfs[i].vlan, i + 1);
  }
}

TEST(VfSettingsTest, FindsNoneWhereThereAreNone) {
  EXPECT_TRUE(settings_of(NetdevMessage(RTM_NEWLINK, 3)).empty());
  EXPECT_TRUE(settings_of(pf_with({})).empty());
}

TEST(VfSettingsTest, SkipsWhatIsTooShortToBeAVf) {
  NetdevMessage link(RTM_NEWLINK, 3);
  link.nest(IFLA_VFINFO_LIST, [&] {
    link.nest(IFLA_VF_INFO, [&] { link.put(IFLA_VF_MAC, std::uint32_t{0}); });
    link.nest(IFLA_VF_INFO, [] {});
    put_vf(link, {.index = 2});
  });
  const auto vfs = settings_of(link);
  ASSERT_EQ(vfs.size(), 1u);
  EXPECT_EQ(vfs[0].index, 2u);
}

TEST(VfStatisticsTest, ReadsEveryCounter) {
  NetdevMessage link = pf_with({{.index = 0}, {.index = 1}});
  const auto vfs = parse_vf_statistics(link.message());
  ASSERT_EQ(vfs.size(), 2u);
  const VfStatistics& second = vfs[1];
  EXPECT_EQ(second.index, 1u);
  EXPECT_EQ(second.rx_packets, 101u);
  EXPECT_EQ(second.tx_packets, 102u);
  EXPECT_EQ(second.rx_bytes, 103u);
  EXPECT_EQ(second.tx_bytes, 104u);
  EXPECT_EQ(second.broadcast, 105u);
  EXPECT_EQ(second.multicast, 106u);
  EXPECT_EQ(second.rx_dropped, 107u);
  EXPECT_EQ(second.tx_dropped, 108u);
}

TEST(VfStatisticsTest, ReadsCountersOfMoreThan32Bits) {
  constexpr std::uint64_t kMany = std::uint64_t{1} << 40;
  NetdevMessage link(RTM_NEWLINK, 3);
  link.nest(IFLA_VFINFO_LIST, [&] {
    link.nest(IFLA_VF_INFO, [&] {
      put_mac(link, {.index = 4});
      put_statistics(link, kMany);
    });
  });
  const auto vfs = parse_vf_statistics(link.message());
  ASSERT_EQ(vfs.size(), 1u);
  EXPECT_EQ(vfs[0].rx_packets, kMany);
  EXPECT_EQ(vfs[0].tx_dropped, kMany + 7);
}

TEST(VfStatisticsTest, HasZerosWhereTheKernelTellsOfNone) {
  NetdevMessage link(RTM_NEWLINK, 3);
  link.nest(IFLA_VFINFO_LIST,
            [&] { link.nest(IFLA_VF_INFO, [&] { put_mac(link, {.index = 4}); }); });
  const auto vfs = parse_vf_statistics(link.message());
  ASSERT_EQ(vfs.size(), 1u);
  EXPECT_EQ(vfs[0].index, 4u);
  EXPECT_EQ(vfs[0].rx_packets, 0u);
  EXPECT_EQ(vfs[0].tx_bytes, 0u);
}

TEST(ListVfSettingsTest, AsksTheKernel) {
  EXPECT_TRUE(list_vf_settings("lo").empty()) << "it has no VFs";
  EXPECT_TRUE(list_vf_statistics("lo").empty());
  try {
    (void)list_vf_settings("mr-no-such");
    FAIL() << "listed the VFs of no interface";
  } catch (const std::system_error& failure) {
    EXPECT_EQ(failure.code().value(), ENODEV);
  }
}

}  // namespace

}  // namespace millrace
