// What the kernel is asked for, attribute by attribute, and its refusals.
#include "link/vf_change.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>

#include <cerrno>
#include <cstring>

#include "link/mirror_attributes.hpp"
#include "link/netdev_fixture.hpp"

namespace millrace {

namespace {

constexpr std::uint32_t kVf = 5;

// The one VF that a request is about.
class Request {
 public:
  explicit Request(const VfChange& change, VlanForm form = VlanForm::kList)
      : message_(vf_request(3, kVf, change, form)) {
    const MirrorAttributes<IFLA_MAX> link(message_.message(), sizeof(ifinfomsg));
    const MirrorAttributes<IFLA_VF_INFO_MAX> list(link[IFLA_VFINFO_LIST]);
    vf_ = MirrorAttributes<IFLA_VF_MAX>(list[IFLA_VF_INFO]);
    EXPECT_EQ(message_.message()->nlmsg_type, RTM_SETLINK);
    EXPECT_EQ(message_.link().ifi_index, 3);
  }
  // The only attribute, which is of this type.
  template <typename Value>
  Value only(int type) const {
    for (int other = 0; other <= IFLA_VF_MAX; ++other)
      EXPECT_EQ(vf_.has(other), other == type) << other;
    return value_of<Value>(vf_[type]);
  }
  template <typename Value>
  static Value value_of(const nlattr* attribute) {
    Value value{};
    EXPECT_NE(attribute, nullptr);
    if (attribute == nullptr) return value;
    EXPECT_EQ(nla_len(attribute), static_cast<int>(sizeof(value)));
    std::memcpy(&value, nla_data(attribute), sizeof(value));
    return value;
  }
  const nlattr* operator[](int type) const { return vf_[type]; }

 private:
  NetdevMessage message_;
  MirrorAttributes<IFLA_VF_MAX> vf_{nullptr};
};

TEST(VfRequestTest, AsksForAMac) {
  const auto value = Request(VfMac{{{0x02, 1, 2, 3, 4, 5}}}).only<ifla_vf_mac>(IFLA_VF_MAC);
  EXPECT_EQ(value.vf, kVf);
  const std::uint8_t expected[32] = {0x02, 1, 2, 3, 4, 5};
  EXPECT_EQ(std::memcmp(value.mac, expected, sizeof(expected)), 0);
}

TEST(VfRequestTest, AsksForAVlanWithItsProtocol) {
  for (const bool service : {false, true}) {
    const Request request(VfVlan{100, 3, service});
    const MirrorAttributes<IFLA_VF_VLAN_INFO_MAX> list(request[IFLA_VF_VLAN_LIST]);
    const auto value = Request::value_of<ifla_vf_vlan_info>(list[IFLA_VF_VLAN_INFO]);
    EXPECT_EQ(value.vf, kVf);
    EXPECT_EQ(value.vlan, 100u);
    EXPECT_EQ(value.qos, 3u);
    EXPECT_EQ(ntohs(value.vlan_proto), service ? ETH_P_8021AD : ETH_P_8021Q);
    EXPECT_EQ(request[IFLA_VF_VLAN], nullptr);
  }
}

TEST(VfRequestTest, AsksOldKernelsForAPlainVlan) {
  const auto value =
      Request(VfVlan{100, 3, false}, VlanForm::kPlain).only<ifla_vf_vlan>(IFLA_VF_VLAN);
  EXPECT_EQ(value.vf, kVf);
  EXPECT_EQ(value.vlan, 100u);
  EXPECT_EQ(value.qos, 3u);
}

TEST(VfRequestTest, AsksForSwitches) {
  const auto spoofchk = Request(VfSpoofCheck{true}).only<ifla_vf_spoofchk>(IFLA_VF_SPOOFCHK);
  EXPECT_EQ(spoofchk.vf, kVf);
  EXPECT_EQ(spoofchk.setting, 1u);
  const auto trust = Request(VfTrust{false}).only<ifla_vf_trust>(IFLA_VF_TRUST);
  EXPECT_EQ(trust.vf, kVf);
  EXPECT_EQ(trust.setting, 0u);
}

TEST(VfRequestTest, AsksForALinkState) {
  const auto ask = [](VfLinkState state) {
    return Request(state).only<ifla_vf_link_state>(IFLA_VF_LINK_STATE).link_state;
  };
  EXPECT_EQ(ask(VfLinkState::kAuto), static_cast<std::uint32_t>(IFLA_VF_LINK_STATE_AUTO));
  EXPECT_EQ(ask(VfLinkState::kEnable), static_cast<std::uint32_t>(IFLA_VF_LINK_STATE_ENABLE));
  EXPECT_EQ(ask(VfLinkState::kDisable), static_cast<std::uint32_t>(IFLA_VF_LINK_STATE_DISABLE));
}

TEST(VfRequestTest, AsksForBothRates) {
  const auto value = Request(VfRate{10, 200}).only<ifla_vf_rate>(IFLA_VF_RATE);
  EXPECT_EQ(value.vf, kVf);
  EXPECT_EQ(value.min_tx_rate, 10u);
  EXPECT_EQ(value.max_tx_rate, 200u);
}

class SetVfTest : public NetdevTest {
 protected:
  // A veth is no PF.
  Failure refusal_of(const VfChange& change) const {
    return failure_of([&] { in_netns(here(), [&] { set_vf("v0", kVf, change); }); });
  }
};

TEST_F(SetVfTest, NamesThePfTheVfTheKnobAndItsValue) {
  const struct {
    VfChange change;
    const char* words;
  } cases[] = {
      {VfMac{{{0x02, 0, 0, 0, 0, 5}}}, "set mac 02:00:00:00:00:05"},
      {VfVlan{100, 3, true}, "set vlan 100, vlanQoS 3, vlanProto 802.1ad"},
      {VfVlan{100, 0, false}, "set vlan 100, vlanQoS 0, vlanProto 802.1q"},
      {VfSpoofCheck{true}, "set spoofchk on"},
      {VfTrust{false}, "set trust off"},
      {VfLinkState::kEnable, "set link_state enable"},
      {VfRate{10, 200}, "set min_tx_rate 10, max_tx_rate 200"},
  };
  for (const auto& [change, words] : cases) {
    const Failure failure = refusal_of(change);
    EXPECT_EQ(failure.error, EOPNOTSUPP) << words;
    EXPECT_TRUE(failure.tells(std::string("interface v0, VF 5: ") + words)) << failure.text;
  }
}

TEST_F(SetVfTest, SaysThatThePfIsGone) {
  const auto set = [&] { in_netns(here(), [] { set_vf("nowhere", 0, VfTrust{true}); }); };
  EXPECT_EQ(failure_of(set).error, ENODEV);
}

}  // namespace

}  // namespace millrace
