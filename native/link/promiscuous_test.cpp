#include "link/promiscuous.hpp"

#include <netlink/route/link.h>

#include "link/netdev_fixture.hpp"
#include "link/nl.hpp"

namespace millrace {

namespace {

class PromiscuousTest : public NetdevTest {
 protected:
  // How many have asked for it.
  std::uint32_t promiscuity() {
    std::uint32_t count = 0;
    in_netns(here(), [&] {
      const nl::Socket socket = nl::connect();
      count = rtnl_link_get_promiscuity(nl::get_link(socket.get(), "v0").get());
    });
    return count;
  }

  UniqueFd hear(int ifindex) {
    UniqueFd held;
    in_netns(here(), [&] { held = hear_every_address(ifindex); });
    return held;
  }
};

TEST_F(PromiscuousTest, LastsAsLongAsTheDescriptor) {
  ASSERT_EQ(promiscuity(), 0u);
  UniqueFd first = hear(v0_);
  const UniqueFd second = hear(v0_);
  EXPECT_EQ(promiscuity(), 2u);
  first.reset();
  EXPECT_EQ(promiscuity(), 1u);
}

TEST_F(PromiscuousTest, LeavesTheFlagOfAnAdministratorAlone) {
  set_netdev(here(), v0_, {.promisc = true});
  hear(v0_).reset();
  EXPECT_TRUE(v0().promisc);
  EXPECT_EQ(promiscuity(), 1u);
}

TEST_F(PromiscuousTest, NamesTheInterfaceThatThereIsNot) {
  const Failure gone = failure_of([&] { hear(kNoSuchIfindex); });
  EXPECT_EQ(gone.error, ENODEV);
  EXPECT_TRUE(gone.tells("interface with index 99999: promiscuous mode")) << gone.text;
}

}  // namespace

}  // namespace millrace
