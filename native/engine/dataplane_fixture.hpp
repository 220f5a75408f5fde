#pragma once
// A dataplane with two workers in a network namespace of its own, and pods behind real veth pairs.
// The test itself runs inside that namespace; pods are spoken for by packet sockets.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <numeric>

#include "engine/dataplane.hpp"
#include "engine/errors.hpp"
#include "graph/test_network.hpp"
#include "link/netns.hpp"
#include "link/test_netns.hpp"

namespace millrace {

inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds patience = std::chrono::seconds(8)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Other processes have to find the namespace, too.
inline std::string global_path(const TestNetns& netns) {
  std::string path = netns.path();
  return path.replace(0, 10, "/proc/" + std::to_string(::getpid()));
}

inline int run(const std::string& command) {
  return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str());
}

// The pod end of a link: sends and receives whole frames.
class PodSocket {
 public:
  PodSocket(const std::string& netns, const std::string& ifname) {
    in_netns(netns, [&] {
      fd_.reset(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (!fd_) throw_errno("open a packet socket");
      const int bytes = 64 << 20;
      (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
      (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
      sockaddr_ll address{};
      address.sll_family = AF_PACKET;
      address.sll_protocol = htons(ETH_P_ALL);
      address.sll_ifindex = static_cast<int>(::if_nametoindex(ifname.c_str()));
      const int on = 1;
      (void)::setsockopt(fd_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
      if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        throw_errno("bind a packet socket to " + ifname);
    });
  }

  bool send(const Bytes& frame) const {
    for (int i = 0; i < 1000; ++i) {
      if (::send(fd_.get(), frame.data(), frame.size(), 0) >= 0) return true;
      if (errno != ENOBUFS && errno != EAGAIN) return false;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return false;
  }
  // The next UDP packet of the tests (ports 4000 and up to 5000 and up); empty when none comes.
  Bytes receive(int milliseconds = 0) const {
    Bytes frame(16384);
    for (;;) {
      const ssize_t length = ::recv(fd_.get(), frame.data(), frame.size(), 0);
      if (length < 0) {
        pollfd waiting{fd_.get(), POLLIN, 0};
        if (milliseconds == 0 || ::poll(&waiting, 1, milliseconds) <= 0) return {};
        continue;
      }
      const auto size = static_cast<std::size_t>(length);
      if (size < 42 || load_be16(&frame[12]) != kEtherTypeIp4 || frame[23] != kProtoUdp) continue;
      if (load_be16(&frame[36]) < 5000 || load_be16(&frame[36]) >= 6000) continue;
      frame.resize(size);
      return frame;
    }
  }

 private:
  UniqueFd fd_;
};

struct VethOptions {
  std::uint32_t queues = 1;      // real ones at first, of at most max_queues
  std::uint32_t max_queues = 2;  // that ethtool -L may make
  std::uint32_t mtu = 1500;
  std::vector<std::uint32_t> workers{0};
  TransmitWish transmit = TransmitWish::kAuto;
};

// A veth pair mr<n> – eth0, and its port.
struct TestPod {
  const Pod& pod;
  std::unique_ptr<TestNetns> netns;
  std::string ifname;
  std::unique_ptr<PodSocket> socket;
  PortInfo info;
};

class DataplaneTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kFrames = 4096;  // of each worker

  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
    if (run("ip -V") != 0 || run("ethtool --version") != 0)
      GTEST_SKIP() << "needs ip(8) and ethtool(8)";
    try {
      const XdpProgram program(true);
    } catch (const std::system_error& error) {
      GTEST_SKIP() << error.what();
    }
    counters_ = std::vector<CounterBlock>(kMaxWorkers + 3 * kMaxPorts);
  }

  // Runs the test in the namespace of the node.
  void on_node(const std::function<void()>& test) {
    const TestNetns node;
    in_netns(node.path(), [&] {
      ASSERT_EQ(run("ip link set lo up; sysctl -w net.ipv6.conf.default.disable_ipv6=1"), 0);
      WorkerOptions options;
      options.frames = kFrames;
      options.hugepages = Hugepages::kOff;
      options.ring_size = 512;
      dataplane_ =
          std::make_unique<Dataplane>(counters_.data(), std::vector{options, options}, true);
      dataplane_->start();
      NetworkRequest request{"blue", IpAddress::of(kBlueGateway4), std::nullopt, std::nullopt};
      network_ = dataplane_->add_network(request);
      test();
      dataplane_->stop();
      pods_.clear();
      dataplane_.reset();
    });
  }

  TestPod& add_pod(const Pod& pod, const VethOptions& options = {}) {
    pods_.push_back(
        std::make_unique<TestPod>(TestPod{pod, std::make_unique<TestNetns>(), {}, {}, {}}));
    TestPod& made = *pods_.back();
    made.ifname = "mr" + std::to_string(pod.port);
    make_veth(made, options);
    made.socket = std::make_unique<PodSocket>(made.netns->path(), "eth0");
    made.info = dataplane_->add_port(request_for(made, options));
    RouteChange route;
    route.prefix = Prefix::host(IpAddress::of(pod.ip4));
    route.next_hops = {{.port = made.info.port}};
    route.source = RouteSource::kPod;
    dataplane_->routing().apply(network_, std::array{route});
    return made;
  }

  void make_veth(const TestPod& made, const VethOptions& options) {
    const std::string most = std::to_string(options.max_queues);
    const std::string queues = " numrxqueues " + most + " numtxqueues " + most;
    const std::string mtu = " mtu " + std::to_string(options.mtu);
    ASSERT_EQ(run("ip link add " + made.ifname + queues + mtu + " address " +
                  to_text(made.pod.gateway_mac) + " type veth peer name eth0" + queues + mtu +
                  " address " + to_text(made.pod.mac) + " netns " + global_path(*made.netns)),
              0);
    set_queues(made, options.queues);
    in_netns(made.netns->path(), [] {
      ASSERT_EQ(run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set eth0 up"), 0);
    });
    ASSERT_EQ(run("ip link set " + made.ifname + " up"), 0);
  }

  // Receive queues of the host end and the pod's transmit queues that lead to them.
  static bool set_queues(const TestPod& pod, std::uint32_t count) {
    const std::string channels = " rx " + std::to_string(count) + " tx " + std::to_string(count);
    bool done = true;
    const auto host = [&] { done &= run("ethtool -L " + pod.ifname + channels) == 0; };
    const auto inside = [&] {
      in_netns(pod.netns->path(), [&] { run("ethtool -L eth0" + channels); });
    };
    // XDP wants as many receive queues as the other end has transmit queues, at any time.
    if (count == 1) inside();
    host();
    if (count != 1) inside();
    return done;
  }

  AddPortRequest request_for(const TestPod& made, const VethOptions& options) const {
    AddPortRequest request;
    request.network = network_;
    request.port.ifname = made.ifname;
    request.port.forced = PortMode::kCopy;
    request.port.transmit = options.transmit;
    request.port.tuning = {256, 32, false, 0, 0};
    request.port.has_peer = true;
    request.port.peer_netns = made.netns->path();
    request.port.peer_ifname = "eth0";
    request.config.mtu = options.mtu;
    request.config.mac = made.pod.gateway_mac;
    request.config.peer_mac = made.pod.mac;
    request.config.peer_ip4 = made.pod.ip4;
    request.config.has_ip4 = true;
    request.workers = options.workers;
    return request;
  }

  // A frame from one pod to the other with a number that is found again, of one of 16 flows.
  static Bytes numbered(const Pod& from, const Pod& to, std::uint32_t number, std::size_t data) {
    Bytes frame = udp4(from, to.ip4, data);
    store_be16(&frame[34], static_cast<std::uint16_t>(4000 + number % 16));
    store_be16(&frame[36], static_cast<std::uint16_t>(5000 + number % 16));
    store_be32(&frame[42], number);
    set_checksum(frame, {kProtoUdp, 34, 6}, Checksum::kRight);
    return frame;
  }

  // Sends numbers first to first + count - 1, never more than a few ahead of what has arrived, so
  // that no ring overflows; returns how many arrived with every byte right.
  static std::uint32_t pump(const TestPod& from, const TestPod& to, std::uint32_t count,
                            std::size_t data = 64, std::uint32_t first = 0) {
    // A quiet port has 33 to 64 frames in its FILL ring; a jumbo packet takes six of them.
    const std::uint32_t window = data > max_single_buffer_mtu(2048) ? 4 : 24;
    std::vector<bool> seen(count);
    std::uint32_t arrived = 0;
    std::uint32_t sent = 0;
    while (arrived < count) {
      while (sent < count && sent - arrived < window) {
        if (!from.socket->send(numbered(from.pod, to.pod, first + sent, data))) return arrived;
        ++sent;
      }
      Bytes frame = to.socket->receive(3000);
      if (frame.empty()) return arrived;
      if (frame.size() != 42 + data) continue;
      const std::uint32_t number = load_be32(&frame[42]) - first;
      if (number >= count || seen[number]) continue;
      const Bytes expected = numbered(from.pod, to.pod, first + number, data);
      if (!std::equal(frame.begin() + 34, frame.end(), expected.begin() + 34)) continue;
      seen[number] = true;
      ++arrived;
    }
    return arrived;
  }

  std::uint64_t counted(const TestPod& pod, std::uint32_t worker, std::uint32_t slot) const {
    return counters_[kMaxWorkers + worker * kMaxPorts + pod.info.port].get(slot);
  }
  std::uint64_t dropped() const {
    std::uint64_t total = 0;
    for (std::size_t block = kMaxWorkers; block < counters_.size(); ++block)
      for (std::uint32_t slot = kFirstDrop; slot < kCounterSlots; ++slot)
        total += counters_[block].get(slot);
    return total;
  }

  // Frames that are not free, of both workers.
  std::uint32_t frames_away() {
    std::uint32_t away = 0;
    for (const auto& worker : dataplane_->workers())
      worker->between_rounds([&] { away += worker->pool.total() - worker->pool.available(); });
    return away;
  }
  std::uint32_t lent_to(std::uint16_t lane) {
    return dataplane_->workers().front()->pool.lent_to(lane);
  }
  void remove(TestPod& pod) { dataplane_->remove_port(pod.info.port); }
  void remove_all() {
    for (const auto& pod : pods_) remove(*pod);
    EXPECT_TRUE(eventually([&] { return frames_away() == 0; })) << frames_away() << " are missing";
  }

  std::vector<CounterBlock> counters_;
  std::unique_ptr<Dataplane> dataplane_;
  std::uint32_t network_ = 0;
  std::vector<std::unique_ptr<TestPod>> pods_;
};

}  // namespace millrace
