// Links are described, found and changed in other namespaces than ours.
#include "link/netdev.hpp"

#include <cerrno>

#include "link/netdev_fixture.hpp"

namespace millrace {

namespace {

using Names = std::vector<std::string>;

TEST_F(NetdevTest, DescribesALink) {
  const NetdevInfo link = v0();
  EXPECT_EQ(link.ifindex, v0_);
  EXPECT_EQ(link.name, "v0");
  EXPECT_EQ(link.alternative_names, Names{});
  EXPECT_EQ(link.mac, "02:00:00:00:00:01");
  EXPECT_EQ(link.permanent_mac, "") << "a veth has none";
  EXPECT_EQ(link.mtu, 1500u);
  EXPECT_TRUE(link.up);
  EXPECT_FALSE(link.carrier) << "its peer is down";
  EXPECT_FALSE(link.promisc);
  EXPECT_FALSE(link.allmulti);
  EXPECT_EQ(link.driver, "veth");
  EXPECT_EQ(link.bus_address, "") << "it is on no bus";
}

TEST_F(NetdevTest, TellsOfALinkWithMoreNamesThanABufferHolds) {
  Names names;
  for (int i = 100; i < 400; ++i) names.push_back(std::string(120, 'n') + std::to_string(i));
  for (const std::string& name : names) add_name(here(), v0_, name);
  EXPECT_EQ(v0().alternative_names, names);
  EXPECT_EQ(named(here(), names.back())->ifindex, v0_);
}

TEST_F(NetdevTest, FindsNoDeviceWhereThereIsNone) {
  EXPECT_FALSE(find_netdev(here(), "0000:01:10.0").has_value());
  EXPECT_EQ(failure_of([] { (void)find_netdev(kNoSuchNetns, "0000:01:10.0"); }).error, ENOENT);
}

TEST_F(NetdevTest, ChangesEverythingInOneCall) {
  set_netdev(here(), v0_,
             {.name = "net1",
              .mac = "02:00:00:00:00:AA",
              .mtu = 9000,
              .up = false,
              .promisc = true,
              .allmulti = true});
  const NetdevInfo link = v0();
  EXPECT_EQ(link.name, "net1");
  EXPECT_EQ(link.mac, "02:00:00:00:00:aa");
  EXPECT_EQ(link.mtu, 9000u);
  EXPECT_FALSE(link.up);
  EXPECT_TRUE(link.promisc);
  EXPECT_TRUE(link.allmulti);
}

TEST_F(NetdevTest, LeavesWhatIsNotAskedForAsItIs) {
  set_netdev(here(), v0_, {.mtu = 1400, .promisc = true});
  set_netdev(here(), v0_, {.name = "net1"});
  set_netdev(here(), v0_, {});
  const NetdevInfo link = v0();
  EXPECT_EQ(link.name, "net1");
  EXPECT_EQ(link.mac, "02:00:00:00:00:01");
  EXPECT_EQ(link.mtu, 1400u);
  EXPECT_TRUE(link.up) << "also after a name that may have needed it down";
  EXPECT_TRUE(link.promisc);
  EXPECT_FALSE(link.allmulti);
}

TEST_F(NetdevTest, PutsFlagsBack) {
  set_netdev(here(), v0_, {.up = false, .promisc = true, .allmulti = true});
  set_netdev(here(), v0_, {.up = true, .promisc = false, .allmulti = false});
  const NetdevInfo link = v0();
  EXPECT_TRUE(link.up);
  EXPECT_FALSE(link.promisc);
  EXPECT_FALSE(link.allmulti);
}

TEST_F(NetdevTest, HasCarrierOnceItsPeerIsUp) {
  set_netdev(here(), v1_, {.up = true});
  for (int i = 0; i < 200 && !v0().carrier; ++i) ::usleep(10000);
  EXPECT_TRUE(v0().carrier);
  set_netdev(here(), v1_, {.up = false});
  EXPECT_FALSE(v0().carrier);
}

TEST_F(NetdevTest, MakesAnAlternativeNameTheFirstOne) {
  add_name(here(), v0_, "a-long-alternative-name");
  add_name(here(), v0_, "net1");
  set_netdev(here(), v0_, {.name = "net1"});
  EXPECT_EQ(v0().name, "net1");
  EXPECT_EQ(v0().alternative_names, Names{"a-long-alternative-name"});
}

TEST_F(NetdevTest, KeepsAnAlternativeNameThatCannotBeTheFirstOne) {
  add_name(here(), v0_, "sixteen-letters-");
  EXPECT_NE(failure_of([&] { set_netdev(here(), v0_, {.name = "sixteen-letters-"}); }).error, 0);
  EXPECT_EQ(v0().name, "v0");
  EXPECT_EQ(v0().alternative_names, Names{"sixteen-letters-"});
}

TEST_F(NetdevTest, NamesTheChangeTheValueAndTheKernelsReason) {
  const Failure failure = failure_of([&] { set_netdev(here(), v0_, {.mtu = 70000}); });
  EXPECT_EQ(failure.error, EINVAL);
  EXPECT_TRUE(failure.tells("v0")) << failure.text;
  EXPECT_TRUE(failure.tells("MTU 70000")) << failure.text;
  EXPECT_TRUE(failure.tells("greater than device maximum")) << failure.text;
}

TEST_F(NetdevTest, NamesANameThatIsTaken) {
  const Failure failure = failure_of([&] { set_netdev(here(), v0_, {.name = "v1"}); });
  EXPECT_EQ(failure.error, EEXIST);
  EXPECT_TRUE(failure.tells("rename to v1")) << failure.text;
  EXPECT_EQ(v0().name, "v0");
  EXPECT_TRUE(v0().up);
}

TEST_F(NetdevTest, KeepsTheErrnoThatTheKernelGave) {
  const Failure failure =
      failure_of([&] { set_netdev(here(), v0_, {.mac = "01:00:00:00:00:01"}); });
  EXPECT_EQ(failure.error, EADDRNOTAVAIL) << "a multicast address: " << failure.text;
}

TEST_F(NetdevTest, SaysThatALinkOrANamespaceIsGone) {
  const NetdevChange change{.mtu = 1400};
  EXPECT_EQ(failure_of([&] { set_netdev(here(), kNoSuchIfindex, change); }).error, ENODEV);
  EXPECT_EQ(failure_of([&] { set_netdev(kNoSuchNetns, v0_, change); }).error, ENOENT);
  EXPECT_EQ(failure_of([&] { (void)describe_netdev(here(), kNoSuchIfindex); }).error, ENODEV);
  EXPECT_EQ(failure_of([&] { (void)describe_netdev(kNoSuchNetns, v0_); }).error, ENOENT);
}

}  // namespace

}  // namespace millrace
