// Which mode a device is bound in, and which failures lead to a slower one.
#include "engine/dataplane_fixture.hpp"

namespace millrace {

namespace {

class PortModesTest : public DataplaneTest {
 protected:
  // An uplink, which has no other end to try it with.
  AddPortRequest uplink(const std::string& ifname) const {
    AddPortRequest request;
    request.network = network_;
    request.port.ifname = ifname;
    request.port.tuning = {256, 32, false, 0, 0};
    request.config.uplink = true;
    request.workers = {0};
    return request;
  }

  // Why a port cannot be had, by errno and in words.
  std::pair<int, std::string> refusal(const std::string& ifname) {
    try {
      dataplane_->add_port(uplink(ifname));
    } catch (const std::system_error& failure) {
      return {failure.code().value(), failure.what()};
    }
    return {};
  }
};

TEST_F(PortModesTest, ALinkThatIsDownIsNotTriedInSlowerModes) {
  on_node([&] {
    ASSERT_EQ(run("ip link add up0 type veth peer name far0"), 0);
    const auto [error, text] = refusal("up0");
    EXPECT_EQ(error, ENETDOWN);
    EXPECT_TRUE(text.starts_with("mode copy: ")) << text;
    ASSERT_EQ(run("ip link set far0 up; ip link set up0 up"), 0);
    const PortInfo port = dataplane_->add_port(uplink("up0"));
    EXPECT_EQ(port.mode, PortMode::kCopy);
    EXPECT_EQ(port.refused.size(), 1u);
    dataplane_->remove_port(port.port);
  });
}

}  // namespace

}  // namespace millrace
