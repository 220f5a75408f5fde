// What an uplink takes, and what it leaves to the kernel of the node.
#include "engine/dataplane_fixture.hpp"

namespace millrace {

namespace {

constexpr Ip4 kNode = ip4_address(192, 0, 2, 1), kOutside = ip4_address(192, 0, 2, 9);
constexpr Pod kUplink{2, {{2, 0, 0, 0, 9, 1}}, {{2, 0, 0, 0, 9, 2}}, kOutside, {}};

class CaptureTest : public DataplaneTest {
 protected:
  // The uplink with the node's address, and a pod; a UDP socket of the node's kernel listens.
  void make(Capture capture) {
    pod_ = &add_pod(kBlueA);
    pods_.push_back(
        std::make_unique<TestPod>(TestPod{kUplink, std::make_unique<TestNetns>(), {}, {}, {}}));
    uplink_ = pods_.back().get();
    uplink_->ifname = "mr-up";
    make_veth(*uplink_, {});
    ASSERT_EQ(run("ip addr add 192.0.2.1/24 dev mr-up"), 0);
    ASSERT_EQ(run("ip neigh replace 192.0.2.9 lladdr " + to_text(kUplink.mac) + " dev mr-up"), 0);
    uplink_->socket = std::make_unique<PodSocket>(uplink_->netns->path(), "eth0");
    AddPortRequest request = request_for(*uplink_, {});
    request.port.capture = capture;
    request.port.has_peer = false;
    request.config.uplink = true;
    request.config.has_ip4 = false;
    uplink_->info = dataplane_->add_port(request);
    listen();
  }
  void listen() {
    kernel_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(5000);
    address.sin_addr.s_addr = htonl(kNode);
    ASSERT_EQ(::bind(kernel_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
  }

  // Where a packet from outside arrives: again and again until somebody has got it.
  bool reaches_pod() {
    return eventually(
        [&] {
          uplink_->socket->send(udp4(kUplink, kBlueA.ip4));
          return !pod_->socket->receive(5).empty();
        },
        std::chrono::seconds(3));
  }
  bool reaches_kernel() {
    return eventually(
        [&] {
          uplink_->socket->send(udp4(kUplink, kNode));
          char data[64];
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return ::recv(kernel_.get(), data, sizeof(data), 0) > 0;
        },
        std::chrono::seconds(3));
  }
  std::uint64_t taken() const {
    return counted(*uplink_, 0, kRxPackets) + counted(*uplink_, 1, kRxPackets);
  }

  TestPod* pod_ = nullptr;
  TestPod* uplink_ = nullptr;
  UniqueFd kernel_;
};

TEST_F(CaptureTest, ADedicatedUplinkTakesAllButWhatIsForTheNode) {
  on_node([&] {
    make(Capture::kDedicated);
    EXPECT_TRUE(reaches_kernel());
    EXPECT_TRUE(reaches_pod());
    const std::uint64_t before = taken();
    EXPECT_TRUE(reaches_kernel());
    EXPECT_EQ(taken(), before) << "a packet for the node was taken";
    remove_all();
  });
}

TEST_F(CaptureTest, ADedicatedUplinkLearnsOfAnAddressThatTheNodeGetsLater) {
  on_node([&] {
    make(Capture::kDedicated);
    ASSERT_EQ(run("ip addr del 192.0.2.1/24 dev mr-up"), 0);
    ASSERT_TRUE(eventually([&] {
      const std::uint64_t before = taken();
      uplink_->socket->send(udp4(kUplink, kNode));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return taken() > before;
    })) << "it is nobody's any more";
    ASSERT_EQ(run("ip addr add 192.0.2.1/24 dev mr-up"), 0);
    EXPECT_TRUE(reaches_kernel());
    remove_all();
  });
}

TEST_F(CaptureTest, ASharedUplinkTakesOnlyThePrefixesNamed) {
  on_node([&] {
    make(Capture::kShared);
    EXPECT_TRUE(reaches_kernel());
    for (int i = 0; i < 20; ++i) uplink_->socket->send(udp4(kUplink, kBlueA.ip4));
    EXPECT_TRUE(pod_->socket->receive(100).empty());
    EXPECT_EQ(taken(), 0u);
    dataplane_->set_prefixes(uplink_->info.port, {parse_prefix("10.1.0.0/24")});
    EXPECT_TRUE(reaches_pod());
    EXPECT_TRUE(reaches_kernel());
    dataplane_->set_prefixes(uplink_->info.port, {});
    while (!pod_->socket->receive(20).empty()) {
    }
    const std::uint64_t before = taken();
    for (int i = 0; i < 20; ++i) uplink_->socket->send(udp4(kUplink, kBlueA.ip4));
    EXPECT_TRUE(pod_->socket->receive(100).empty());
    EXPECT_EQ(taken(), before);
    remove_all();
  });
}

TEST_F(CaptureTest, TheNodesAddressWinsOverAPrefixAroundIt) {
  on_node([&] {
    make(Capture::kShared);
    dataplane_->set_prefixes(uplink_->info.port, {parse_prefix("0.0.0.0/0")});
    EXPECT_TRUE(reaches_pod());
    const std::uint64_t before = taken();
    EXPECT_TRUE(reaches_kernel());
    EXPECT_EQ(taken(), before);
    remove_all();
  });
}

TEST_F(CaptureTest, PrefixesThatFindNoRoomChangeNothing) {
  on_node([&] {
    make(Capture::kShared);
    dataplane_->set_prefixes(uplink_->info.port, {parse_prefix("10.1.0.0/24")});
    std::vector<Prefix> many;
    for (std::uint32_t i = 0; i < 16'500; ++i)
      many.push_back(Prefix::host(IpAddress::of(ip4_address(10, 1, 0, 0) + i)));
    EXPECT_THROW(dataplane_->set_prefixes(uplink_->info.port, many), std::system_error);
    many.resize(15'000);
    EXPECT_NO_THROW(dataplane_->set_prefixes(uplink_->info.port, many)) << "some were left behind";
    EXPECT_TRUE(reaches_pod());
    remove_all();
  });
}

TEST_F(CaptureTest, PrefixesOfAPortThatDoesNotExistAreRefused) {
  on_node([&] {
    EXPECT_THROW(dataplane_->set_prefixes(5, {parse_prefix("10.1.0.0/24")}), std::invalid_argument);
  });
}

}  // namespace

}  // namespace millrace
