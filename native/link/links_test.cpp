// Links as pods get them, between two namespaces of the test: "host" and "pod".
#include "link/links.hpp"

#include <gtest/gtest.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <system_error>

#include "link/netns.hpp"
#include "link/offloads.hpp"
#include "link/pod_link.hpp"
#include "link/test_netns.hpp"
#include "link/xdp_features.hpp"

namespace millrace {

namespace {

class LinksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
    host_.emplace();
    pod_.emplace();
  }

  VethRequest request() const {
    return {.host_name = "mr-host0",
            .host_mac = "02:00:00:00:00:0a",
            .pod_name = "eth0",
            .pod_mac = "02:00:00:00:01:0a",
            .netns = pod_->path(),
            .alias = "millrace test",
            .mtu = 1400};
  }
  void on_host(const std::function<void()>& work) const { in_netns(host_->path(), work); }
  VethPair create(const VethRequest& wanted) const {
    VethPair pair{};
    on_host([&] { pair = create_veth(wanted); });
    return pair;
  }
  // errno of the failure, 0 for none.
  int error_of_creating(const VethRequest& wanted) const {
    try {
      create(wanted);
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  }
  std::vector<LinkInfo> links_of_host() const {
    std::vector<LinkInfo> links;
    on_host([&] { links = list_links(); });
    std::erase_if(links, [](const LinkInfo& link) { return link.name == "lo"; });
    return links;
  }
  const std::string& pod_path() const { return pod_->path(); }
  // The value behind an ethtool "get" command of the pod end, as the kernel tells it.
  std::uint32_t pod_setting(std::uint32_t command) const {
    ethtool_value value{command, UINT32_MAX};
    in_netns(pod_path(), [&] {
      const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      ifreq query{};
      std::memcpy(query.ifr_name, "eth0", 5);
      query.ifr_data = reinterpret_cast<char*>(&value);
      EXPECT_EQ(::ioctl(socket.get(), SIOCETHTOOL, &query), 0);
    });
    return value.data;
  }

 private:
  std::optional<TestNetns> host_, pod_;
};

TEST_F(LinksTest, CreatesAPairAcrossTwoNamespaces) {
  const VethPair pair = create(request());
  const std::vector<LinkInfo> links = links_of_host();
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].ifindex, pair.host_ifindex);
  EXPECT_EQ(links[0].name, "mr-host0");
  EXPECT_EQ(links[0].alias, "millrace test");
  EXPECT_EQ(links[0].mac, "02:00:00:00:00:0a");
  EXPECT_EQ(links[0].kind, "veth");
  EXPECT_EQ(links[0].mtu, 1400u);
  EXPECT_TRUE(links[0].up);
  EXPECT_EQ(links[0].xdp_program, 0u);
  const auto pod = describe_pod(pod_path(), "eth0");
  ASSERT_TRUE(pod.has_value());
  EXPECT_EQ(pod->ifindex, pair.pod_ifindex);
  EXPECT_EQ(pod->mac, "02:00:00:00:01:0a");
  EXPECT_EQ(pod->mtu, 1400u);
  EXPECT_FALSE(pod->up) << "not before it has addresses";
}

TEST_F(LinksTest, LeavesNothingBehindWhenANameIsTaken) {
  create(request());
  VethRequest same_pod_name = request();
  same_pod_name.host_name = "mr-host1";
  EXPECT_EQ(error_of_creating(same_pod_name), EEXIST);
  VethRequest same_host_name = request();
  same_host_name.pod_name = "eth1";
  EXPECT_EQ(error_of_creating(same_host_name), EEXIST);
  EXPECT_EQ(links_of_host().size(), 1u);
  EXPECT_FALSE(describe_pod(pod_path(), "eth1").has_value());
}

TEST_F(LinksTest, LeavesNothingBehindWhereThereIsNoNamespace) {
  VethRequest wanted = request();
  wanted.netns = "/run/netns/mr-no-such";
  EXPECT_EQ(error_of_creating(wanted), ENOENT);
  EXPECT_TRUE(links_of_host().empty());
}

TEST_F(LinksTest, DeletesOnlyLinksWithOurAlias) {
  create(request());
  const auto deleted = [&](const std::string& name, const std::string& alias) {
    bool result = false;
    on_host([&] { result = delete_link(name, alias); });
    return result;
  };
  EXPECT_FALSE(deleted("mr-host0", "somebody else"));
  EXPECT_FALSE(deleted("mr-host0", ""));
  EXPECT_FALSE(deleted("lo", "millrace test"));
  EXPECT_EQ(links_of_host().size(), 1u);
  EXPECT_TRUE(deleted("mr-host0", "millrace test"));
  EXPECT_FALSE(deleted("mr-host0", "millrace test")) << "it is gone";
  EXPECT_FALSE(describe_pod(pod_path(), "eth0").has_value()) << "its peer goes with it";
}

TEST_F(LinksTest, GivesThePodItsAddressesAndRoutes) {
  create(request());
  configure_pod({.netns = pod_path(),
                 .ifname = "eth0",
                 .addresses = {"10.1.0.2/32", "fd00:1::2/128"},
                 .gateways = {"10.1.0.1", "fd00:1::1"},
                 .routes = {{"0.0.0.0/0", "10.1.0.1"}, {"fd00::/16", "fd00:1::1"}}});
  const auto pod = describe_pod(pod_path(), "eth0");
  ASSERT_TRUE(pod.has_value());
  EXPECT_TRUE(pod->up);
  EXPECT_EQ(pod->addresses, (std::vector<std::string>{"10.1.0.2/32", "fd00:1::2/128"}));
  const auto has_route = [&](const std::string& dst, const std::string& gateway) {
    return std::any_of(pod->routes.begin(), pod->routes.end(), [&](const PodRoute& route) {
      return route.dst == dst && route.gateway == gateway;
    });
  };
  EXPECT_TRUE(has_route("10.1.0.1/32", ""));
  EXPECT_TRUE(has_route("fd00:1::1/128", ""));
  EXPECT_TRUE(has_route("0.0.0.0/0", "10.1.0.1"));
  EXPECT_TRUE(has_route("fd00::/16", "fd00:1::1"));
}

TEST_F(LinksTest, SwitchesOffWhatAfXdpCannotCarry) {
  create(request());
  EXPECT_EQ(pod_setting(ETHTOOL_GFLAGS) & ETH_FLAG_TXVLAN, 0u) << "a tag beside the frame";
  EXPECT_EQ(pod_setting(ETHTOOL_GTSO), 1u);
  disable_segmentation(pod_path(), "eth0");
  EXPECT_EQ(pod_setting(ETHTOOL_GTSO), 0u);
  EXPECT_EQ(pod_setting(ETHTOOL_GGSO), 0u);
}

TEST_F(LinksTest, AsksADeviceForItsDriver) {
  create(request());
  std::string veth;
  std::string missing;
  on_host([&] {
    veth = driver_of("mr-host0");
    missing = driver_of("mr-no-such");
  });
  EXPECT_EQ(veth, "veth");
  EXPECT_EQ(missing, "");
}

TEST_F(LinksTest, NamesTheAddressThatThePodHasAlready) {
  create(request());
  const PodRequest wanted{.netns = pod_path(),
                          .ifname = "eth0",
                          .addresses = {"10.1.0.2/32"},
                          .gateways = {},
                          .routes = {}};
  configure_pod(wanted);
  try {
    configure_pod(wanted);
    FAIL() << "added twice";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EEXIST);
    EXPECT_NE(std::string(error.what()).find("10.1.0.2/32"), std::string::npos) << error.what();
  }
}

TEST_F(LinksTest, DescribesNoPodThatIsGone) {
  EXPECT_FALSE(describe_pod(pod_path(), "eth0").has_value());
  EXPECT_FALSE(describe_pod("/run/netns/mr-no-such", "eth0").has_value());
}

TEST_F(LinksTest, ListsWhatADeviceCanDoForXdp) {
  create(request());
  std::vector<XdpFeatures> devices;
  on_host([&] { devices = list_xdp_features(); });
  const auto veth = std::find_if(devices.begin(), devices.end(), [](const XdpFeatures& device) {
    return device.name == "mr-host0";
  });
  ASSERT_NE(veth, devices.end());
  if (!veth->known) GTEST_SKIP() << "the kernel does not tell, it is older than 6.3";
  for (const char* feature : {"basic", "redirect"})
    EXPECT_NE(std::find(veth->features.begin(), veth->features.end(), feature),
              veth->features.end())
        << feature;
}

}  // namespace

}  // namespace millrace
