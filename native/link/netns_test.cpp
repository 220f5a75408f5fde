#include "link/netns.hpp"

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "link/test_netns.hpp"

namespace millrace {

namespace {

ino_t inode_of(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return status.st_ino;
}

ino_t current_netns() {
  struct stat status {};
  EXPECT_EQ(::stat("/proc/thread-self/ns/net", &status), 0);
  return status.st_ino;
}

// errno of the failure, 0 for none.
int error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

TEST(OpenNetnsTest, OpensOurOwnForAnEmptyPath) {
  EXPECT_EQ(inode_of(open_netns("").get()), current_netns());
}

TEST(OpenNetnsTest, SaysThatANamespaceIsGone) {
  EXPECT_EQ(error_of([] { open_netns("/run/netns/mr-no-such"); }), ENOENT);
}

TEST(OpenNetnsTest, RefusesOtherNamespacesAndFiles) {
  EXPECT_EQ(error_of([] { open_netns("/proc/self/ns/mnt"); }), EINVAL);
  EXPECT_EQ(error_of([] { open_netns("/proc/self/ns/user"); }), EINVAL);
  EXPECT_EQ(error_of([] { open_netns("/proc/self/exe"); }), EINVAL);
  EXPECT_EQ(error_of([] { open_netns("/dev/null"); }), EINVAL);
  EXPECT_EQ(error_of([] { open_netns("/tmp"); }), EINVAL);
}

TEST(OpenNetnsTest, NamesThePathInTheError) {
  try {
    open_netns("/run/netns/mr-no-such");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/run/netns/mr-no-such"), std::string::npos);
  }
}

TEST(InNetnsTest, WorksHereForAnEmptyPath) {
  std::thread::id worked_on;
  in_netns("", [&] { worked_on = std::this_thread::get_id(); });
  EXPECT_EQ(worked_on, std::this_thread::get_id());
}

TEST(InNetnsTest, DoesNoWorkWhereThereIsNoNamespace) {
  bool worked = false;
  EXPECT_EQ(error_of([&] { in_netns("/run/netns/mr-no-such", [&] { worked = true; }); }), ENOENT);
  EXPECT_FALSE(worked);
}

class InNetnsAsRootTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
  }
};

TEST_F(InNetnsAsRootTest, WorksInsideAndLeavesTheCallerOutside) {
  const TestNetns netns;
  const ino_t outside = current_netns();
  ino_t inside = 0;
  std::thread::id worked_on;
  in_netns(netns.path(), [&] {
    inside = current_netns();
    worked_on = std::this_thread::get_id();
  });
  EXPECT_EQ(inside, inode_of(open_netns(netns.path()).get()));
  EXPECT_NE(inside, outside);
  EXPECT_NE(worked_on, std::this_thread::get_id());
  EXPECT_EQ(current_netns(), outside);
}

TEST_F(InNetnsAsRootTest, SeesNoneOfTheLinksOutside) {
  const TestNetns netns;
  std::size_t links = 0;
  in_netns(netns.path(), [&] {
    struct if_nameindex* names = ::if_nameindex();
    ASSERT_NE(names, nullptr);
    for (const struct if_nameindex* name = names; name->if_index != 0; ++name)
      links += std::strcmp(name->if_name, "lo") != 0;
    ::if_freenameindex(names);
  });
  EXPECT_EQ(links, 0u);
}

TEST_F(InNetnsAsRootTest, ThrowsWhatTheWorkThrows) {
  const TestNetns netns;
  const auto fail = [] { throw std::out_of_range("inside"); };
  EXPECT_THROW(in_netns(netns.path(), fail), std::out_of_range);
}

TEST_F(InNetnsAsRootTest, LeavesSocketsInTheNamespaceTheyWereOpenedIn) {
  const TestNetns netns;
  UniqueFd socket;
  in_netns(netns.path(),
           [&] { socket = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); });
  ASSERT_TRUE(socket);
  const UniqueFd owner(::ioctl(socket.get(), SIOCGSKNS));
  ASSERT_TRUE(owner);
  EXPECT_EQ(inode_of(owner.get()), inode_of(open_netns(netns.path()).get()));
}

}  // namespace

}  // namespace millrace
