// Links move between namespaces, whatever names are taken where.
#include <cerrno>

#include "link/netdev_fixture.hpp"

namespace millrace {

namespace {

using Names = std::vector<std::string>;

class NetdevMoveTest : public NetdevTest {
 protected:
  void expect_untouched() const {
    const NetdevInfo link = v0();
    EXPECT_EQ(link.name, "v0");
    EXPECT_TRUE(link.up);
  }
};

TEST_F(NetdevMoveTest, MovesALinkThereAndBack) {
  const int moved = move_netdev(here(), v0_, there(), "net1");
  EXPECT_FALSE(named(here(), "v0").has_value());
  const NetdevInfo link = describe_netdev(there(), moved);
  EXPECT_EQ(link.name, "net1");
  EXPECT_EQ(link.mac, "02:00:00:00:00:01");
  EXPECT_FALSE(link.up) << "a move takes it down";
  const int back = move_netdev(there(), moved, here(), "v0");
  EXPECT_FALSE(named(there(), "net1").has_value());
  EXPECT_EQ(describe_netdev(here(), back).name, "v0");
}

TEST_F(NetdevMoveTest, ReturnsTheIfindexThatItGetsThere) {
  const VethPair others = make_pair(there(), "a", "b");
  ASSERT_TRUE(others.host_ifindex == v0_ || others.pod_ifindex == v0_) << "its own is taken there";
  const int moved = move_netdev(here(), v0_, there(), "net1");
  EXPECT_NE(moved, v0_);
  EXPECT_EQ(named(there(), "net1")->ifindex, moved);
}

TEST_F(NetdevMoveTest, RefusesANameThatIsTakenAndNamesItsHolder) {
  make_pair(there(), "net1", "net2");
  const Failure failure = failure_of([&] { move_netdev(here(), v0_, there(), "net1"); });
  EXPECT_EQ(failure.error, EEXIST);
  EXPECT_TRUE(failure.tells("as net1")) << failure.text;
  EXPECT_TRUE(failure.tells("interface net1 with index")) << failure.text;
  EXPECT_TRUE(failure.tells(there())) << failure.text;
  expect_untouched();
}

TEST_F(NetdevMoveTest, RefusesANameThatIsTheAlternativeOneOfAnother) {
  add_name(there(), make_pair(there(), "a", "b").host_ifindex, "net1");
  const Failure failure = failure_of([&] { move_netdev(here(), v0_, there(), "net1"); });
  EXPECT_EQ(failure.error, EEXIST);
  EXPECT_TRUE(failure.tells("interface a with index")) << failure.text;
  expect_untouched();
}

TEST_F(NetdevMoveTest, NeedsOnlyTheNewNameToBeFree) {
  make_pair(there(), "v0", "v1");
  const int moved = move_netdev(here(), v0_, there(), "net1");
  EXPECT_EQ(describe_netdev(there(), moved).name, "net1");
}

TEST_F(NetdevMoveTest, LosesOnlyTheAlternativeNamesThatAreTakenThere) {
  add_name(there(), make_pair(there(), "a", "b").host_ifindex, "taken");
  add_name(here(), v0_, "free");
  add_name(here(), v0_, "taken");
  const int moved = move_netdev(here(), v0_, there(), "net1");
  EXPECT_EQ(describe_netdev(there(), moved).alternative_names, Names{"free"});
}

TEST_F(NetdevMoveTest, TakesAnAlternativeNameForItsNewOne) {
  add_name(here(), v0_, "net1");
  const int moved = move_netdev(here(), v0_, there(), "net1");
  EXPECT_EQ(describe_netdev(there(), moved).name, "net1");
  EXPECT_EQ(describe_netdev(there(), moved).alternative_names, Names{});
}

// The old name is free there, so the kernel moves it before it looks at the new one.
TEST_F(NetdevMoveTest, FetchesALinkThatGotTheMoveButNotTheName) {
  add_name(there(), make_pair(there(), "a", "b").host_ifindex, "taken");
  add_name(here(), v0_, "taken");
  const Failure failure = failure_of([&] { move_netdev(here(), v0_, there(), "a/b"); });
  EXPECT_EQ(failure.error, EINVAL) << failure.text;
  EXPECT_FALSE(named(there(), "v0").has_value());
  const auto link = named(here(), "v0");
  ASSERT_TRUE(link.has_value());
  EXPECT_TRUE(link->up);
  EXPECT_EQ(link->alternative_names, Names{"taken"});
}

TEST_F(NetdevMoveTest, RenamesALinkThatIsThereAlready) {
  EXPECT_EQ(move_netdev(here(), v0_, here(), "net1"), v0_);
  EXPECT_EQ(v0().name, "net1");
  EXPECT_TRUE(v0().up);
}

TEST_F(NetdevMoveTest, SaysThatALinkOrANamespaceIsGone) {
  EXPECT_EQ(failure_of([&] { move_netdev(here(), kNoSuchIfindex, there(), "net1"); }).error,
            ENODEV);
  EXPECT_EQ(failure_of([&] { move_netdev(here(), v0_, kNoSuchNetns, "net1"); }).error, ENOENT);
  EXPECT_EQ(failure_of([&] { move_netdev(kNoSuchNetns, v0_, there(), "net1"); }).error, ENOENT);
  expect_untouched();
}

}  // namespace

}  // namespace millrace
