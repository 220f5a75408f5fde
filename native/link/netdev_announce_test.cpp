// Announcements as the neighbour sees them.
#include "link/netdev_announce.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <vector>

#include "base/bytes.hpp"
#include "base/checksum.hpp"
#include "base/headers.hpp"
#include "link/netdev_fixture.hpp"
#include "link/pod_link.hpp"

namespace millrace {

namespace {

using Frame = std::vector<std::uint8_t>;

bool is_arp(const Frame& frame) {
  return frame.size() >= 42 && load_be16(&frame[12]) == kEtherTypeArp;
}

bool is_advertisement(const Frame& frame) {
  return frame.size() >= 86 && load_be16(&frame[12]) == kEtherTypeIp6 &&
         frame[14 + ip6::kNextHeader] == kProtoIcmp6 && frame[54] == icmp6::kNeighborAdvertisement;
}

Frame part(const Frame& frame, std::size_t at, std::size_t length) {
  return {frame.begin() + static_cast<std::ptrdiff_t>(at),
          frame.begin() + static_cast<std::ptrdiff_t>(at + length)};
}

class AnnounceTest : public NetdevTest {
 protected:
  void SetUp() override {
    NetdevTest::SetUp();
    if (IsSkipped()) return;
    configure_pod({.netns = here(),
                   .ifname = "v0",
                   .addresses = {"10.1.0.2/24", "fd00:1::2/64"},
                   .gateways = {},
                   .routes = {}});
    set_netdev(here(), v1_, {.up = true});
    for (int i = 0; i < 500 && !v0().carrier; ++i) ::usleep(10000);
    ASSERT_TRUE(v0().carrier);
    in_netns(here(), [this] { listen(); });
  }

  // The first frame that v1 receives of that kind; empty when none comes within a second.
  Frame receive(bool (*is_wanted)(const Frame&)) const {
    for (int i = 0; i < 50; ++i) {
      Frame frame(2000);
      const ssize_t length = ::recv(neighbour_.get(), frame.data(), frame.size(), 0);
      if (length < 0) return {};
      frame.resize(static_cast<std::size_t>(length));
      if (is_wanted(frame)) return frame;
    }
    return {};
  }

 private:
  void listen() {
    neighbour_ = UniqueFd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    ASSERT_TRUE(neighbour_);
    sockaddr_ll v1{};
    v1.sll_family = AF_PACKET;
    v1.sll_protocol = htons(ETH_P_ALL);
    v1.sll_ifindex = v1_;
    ASSERT_EQ(::bind(neighbour_.get(), reinterpret_cast<const sockaddr*>(&v1), sizeof(v1)), 0);
    const timeval patience{1, 0};
    ASSERT_EQ(::setsockopt(neighbour_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
              0);
  }

  UniqueFd neighbour_;
};

const Frame kMac{0x02, 0, 0, 0, 0, 0x01};
const Frame kAddress4{10, 1, 0, 2};

TEST_F(AnnounceTest, SendsAnArpAnnouncement) {
  announce_address(here(), "v0", "10.1.0.2");
  const Frame frame = receive(is_arp);
  ASSERT_FALSE(frame.empty());
  EXPECT_EQ(part(frame, 0, 6), Frame(6, 0xff));
  EXPECT_EQ(part(frame, 6, 6), kMac);
  EXPECT_EQ(part(frame, 14, 8), (Frame{0, 1, 8, 0, 6, 4, 0, 1})) << "a request";
  EXPECT_EQ(part(frame, 22, 6), kMac);
  EXPECT_EQ(part(frame, 28, 4), kAddress4);
  EXPECT_EQ(part(frame, 32, 6), Frame(6, 0));
  EXPECT_EQ(part(frame, 38, 4), kAddress4);
}

TEST_F(AnnounceTest, SendsAnUnsolicitedNeighbourAdvertisement) {
  announce_address(here(), "v0", "fd00:1::2");
  const Frame frame = receive(is_advertisement);
  ASSERT_EQ(frame.size(), 86u);
  const Frame address{0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
  EXPECT_EQ(part(frame, 0, 6), (Frame{0x33, 0x33, 0, 0, 0, 1})) << "all nodes";
  EXPECT_EQ(part(frame, 6, 6), kMac);
  EXPECT_EQ(frame[14 + ip6::kHopLimit], 255);
  EXPECT_EQ(part(frame, 14 + ip6::kSource, 16), address);
  EXPECT_EQ(frame[55], 0) << "code";
  EXPECT_EQ(part(frame, 58, 4), (Frame{0x20, 0, 0, 0})) << "override, neither solicited nor router";
  EXPECT_EQ(part(frame, 62, 16), address) << "target";
  EXPECT_EQ(part(frame, 78, 2), (Frame{icmp6::kOptionTargetLinkLayer, 1}));
  EXPECT_EQ(part(frame, 80, 6), kMac);
  const std::uint64_t sum = pseudo_header_sum(&frame[14 + ip6::kSource], 32, kProtoIcmp6, 32);
  EXPECT_EQ(checksum_fold(checksum_add(sum, &frame[54], 32)), 0xffff);
}

TEST_F(AnnounceTest, SaysWhatItCannotAnnounce) {
  const auto error_of = [](const std::string& netns, const char* ifname, const char* address) {
    return failure_of([&] { announce_address(netns, ifname, address); }).error;
  };
  EXPECT_EQ(error_of(kNoSuchNetns, "v0", "10.1.0.2"), ENOENT);
  EXPECT_EQ(error_of(here(), "nowhere", "10.1.0.2"), ENODEV);
  EXPECT_EQ(error_of(here(), "nowhere", "fd00:1::2"), ENODEV);
  EXPECT_EQ(error_of(here(), "lo", "10.1.0.2"), EOPNOTSUPP);
  EXPECT_EQ(error_of(here(), "v0", "fd00:1::3"), EADDRNOTAVAIL) << "not its own";
  set_netdev(here(), v0_, {.up = false});
  EXPECT_EQ(error_of(here(), "v0", "10.1.0.2"), ENETDOWN);
}

TEST_F(AnnounceTest, NamesTheAddressAndTheLink) {
  const Failure failure = failure_of([&] { announce_address(here(), "v0", "fd00:1::3"); });
  EXPECT_TRUE(failure.tells("fd00:1::3 on interface v0")) << failure.text;
}

}  // namespace

}  // namespace millrace
