// Which link is the one of a PCI function: messages as the kernel writes them.
#include "link/netdev_function.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace millrace {

namespace {

constexpr const char* kVf = "0000:01:10.0";

struct Sample {
  std::string parent_bus, parent, port_name, kind;
};

NetdevLink parsed(const Sample& sample) {
  NetdevMessage message(RTM_NEWLINK, 7);
  message.put_text(IFLA_IFNAME, "eth1");
  if (!sample.parent.empty()) {
    message.put_text(IFLA_PARENT_DEV_NAME, sample.parent);
    message.put_text(IFLA_PARENT_DEV_BUS_NAME, sample.parent_bus);
  }
  if (!sample.port_name.empty()) message.put_text(IFLA_PHYS_PORT_NAME, sample.port_name);
  if (!sample.kind.empty())
    message.nest(IFLA_LINKINFO, [&] { message.put_text(IFLA_INFO_KIND, sample.kind); });
  const auto link = parse_netdev(message.message());
  EXPECT_TRUE(link.has_value());
  return link.value_or(NetdevLink{});
}

TEST(BelongsToTest, GoesByTheParentOfAPciDevice) {
  const NetdevLink link = parsed({"pci", kVf, "", ""});
  EXPECT_EQ(belongs_to(link, kVf), Belongs::kYes);
  EXPECT_EQ(belongs_to(link, "0000:01:10.2"), Belongs::kNo);
}

TEST(BelongsToTest, AsksTheDriverOfOtherDevices) {
  EXPECT_EQ(belongs_to(parsed({"virtio", "virtio3", "", ""}), kVf), Belongs::kAskDriver);
  EXPECT_EQ(belongs_to(parsed({}), kVf), Belongs::kAskDriver) << "kernels before 5.14";
}

TEST(BelongsToTest, KnowsThatVirtualLinksHaveNoFunction) {
  EXPECT_EQ(belongs_to(parsed({"", "", "", "veth"}), kVf), Belongs::kNo);
}

TEST(BelongsToTest, TakesThePortOfAPfButNotItsRepresentors) {
  EXPECT_EQ(belongs_to(parsed({"pci", kVf, "p0", ""}), kVf), Belongs::kYes);
  for (const char* name : {"pf0vf3", "pf0sf1", "c1pf0", "c1pf0vf0"})
    EXPECT_EQ(belongs_to(parsed({"pci", kVf, name, ""}), kVf), Belongs::kNo) << name;
}

TEST(IsPciAddressTest, KnowsAddressesFromWhatElseDriversSay) {
  for (const char* text : {"0000:01:10.0", "0000:ff:1f.7", "10000:e1:00.0"})
    EXPECT_TRUE(is_pci_address(text)) << text;
  for (const char* text :
       {"", "N/A", "tap", "01:10.0", "usb-0000:00:14.0-1", "0000:01:10.8", "0000:01:10", "virtio3"})
    EXPECT_FALSE(is_pci_address(text)) << text;
}

TEST(ParseNetdevTest, ReadsNamesAddressesAndFlags) {
  NetdevMessage message(RTM_NEWLINK, 7);
  message.link().ifi_flags = 0x1 | 0x40 | 0x100;  // up, running, promiscuous
  const std::uint8_t carrier = 1;
  const std::array<std::uint8_t, 6> mac{0x02, 0, 0, 0, 0xab, 0x01};
  const std::array<std::uint8_t, 6> permanent{0x02, 0, 0, 0, 0xab, 0x02};
  message.put_text(IFLA_IFNAME, "net1");
  message.put(IFLA_ADDRESS, mac);
  message.put(IFLA_PERM_ADDRESS, permanent);
  message.put(IFLA_MTU, std::uint32_t{1500});
  message.put(IFLA_CARRIER, carrier);
  message.nest(IFLA_PROP_LIST, [&] {
    message.put_text(IFLA_ALT_IFNAME, "enp1s16");
    message.put_text(IFLA_ALT_IFNAME, "other");
  });
  const NetdevInfo info = parse_netdev(message.message())->info;
  EXPECT_EQ(info.ifindex, 7);
  EXPECT_EQ(info.name, "net1");
  EXPECT_EQ(info.mac, "02:00:00:00:ab:01");
  EXPECT_EQ(info.permanent_mac, "02:00:00:00:ab:02");
  EXPECT_EQ(info.mtu, 1500u);
  EXPECT_EQ(info.alternative_names, (std::vector<std::string>{"enp1s16", "other"}));
  EXPECT_TRUE(info.up);
  EXPECT_TRUE(info.carrier);
  EXPECT_TRUE(info.promisc);
  EXPECT_FALSE(info.allmulti);
}

TEST(ParseNetdevTest, HasCarrierOnlyWhenTheKernelLetsFramesOut) {
  const auto carrier = [](unsigned flags, std::uint8_t value) {
    NetdevMessage message(RTM_NEWLINK, 7);
    message.link().ifi_flags = flags;
    message.put(IFLA_CARRIER, value);
    return parse_netdev(message.message())->info.carrier;
  };
  EXPECT_TRUE(carrier(0x41, 1));
  EXPECT_FALSE(carrier(0x41, 0));
  EXPECT_FALSE(carrier(0x01, 1)) << "not running yet";
  EXPECT_FALSE(carrier(0x40, 1)) << "down";
}

TEST(ParseNetdevTest, KnowsMessagesThatAreNoLink) {
  NetdevMessage gone(RTM_DELLINK, 7);
  EXPECT_FALSE(parse_netdev(gone.message()).has_value());
  NetdevMessage cut(RTM_NEWLINK, 7);
  cut.message()->nlmsg_len = NLMSG_LENGTH(4);
  EXPECT_FALSE(parse_netdev(cut.message()).has_value());
}

}  // namespace

}  // namespace millrace
