// The XDP program itself, run by the kernel on frames of ours (BPF_PROG_TEST_RUN): what goes to the
// ring loop and what to the node.
#include "bpf/redirect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>

#include "engine/unique_fd.hpp"
#include "graph/test_packets.hpp"
#include "link/netns.hpp"
#include "link/test_netns.hpp"
#include "redirect.skel.h"

namespace millrace {

namespace {

constexpr std::uint32_t kLoopback = 1;  // the only interface of a new network namespace
constexpr std::uint32_t kSlot = 5;
constexpr std::uint32_t kXskBase = kSlot * MILLRACE_QUEUES_PER_PORT;
constexpr std::uint16_t kVtepPort = 5000;  // what udp() is sent to
constexpr std::uint8_t kTcp = kProtoTcp;

constexpr Ip4 kHost4 = ip4_address(192, 0, 2, 1);
constexpr Ip4 kFar4 = ip4_address(192, 0, 2, 99);
constexpr Ip4 kPod4 = ip4_address(10, 1, 0, 7);
constexpr Ip6 kHost6 = ip6_address({0x2001, 0xdb8, 0, 0, 0, 0, 0, 1});
constexpr Ip6 kFar6 = ip6_address({0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x99});
constexpr Ip6 kPod6 = ip6_address({0xfd00, 1, 0, 0, 0, 0, 0, 7});
constexpr Mac kHostMac{{2, 0, 0, 0, 0, 1}};
constexpr Mac kFarMac{{2, 0, 0, 0, 0, 2}};

constexpr millrace_vtep make_vtep(std::uint16_t udp_port, Ip4 address4, const Ip6& address6) {
  millrace_vtep vtep{};
  vtep.udp_port = udp_port;
  vtep.address4 = __builtin_bswap32(address4);  // as it is in the packet
  for (int i = 0; i < 16; ++i)
    vtep.address6[i / 4] |= std::uint32_t{address6.bytes[i]} << (i % 4 * 8);
  return vtep;
}
constexpr millrace_vtep kVtep = make_vtep(kVtepPort, kHost4, kHost6);

struct Case {
  const char* description;
  Bytes frame;
  std::uint32_t action;
};

Bytes packet4(Ip4Fields fields, const Bytes& payload) {
  fields.source = kFar4;
  if (fields.destination == 0) fields.destination = kHost4;
  return ethernet(kHostMac, kFarMac, kEtherTypeIp4, ip4_packet(fields, payload));
}

Bytes packet6(Ip6Fields fields, const Bytes& payload) {
  fields.source = kFar6;
  if (fields.destination == Ip6{}) fields.destination = kHost6;
  return ethernet(kHostMac, kFarMac, kEtherTypeIp6, ip6_packet(fields, payload));
}

Bytes cut(const Bytes& frame, std::size_t length) {
  return {frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length)};
}

Bytes tagged(const Bytes& frame) {
  return join({cut(frame, 12), {0x81, 0x00, 0, 7}, {frame.begin() + 12, frame.end()}});
}

class RedirectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
    libbpf_set_print(nullptr);
    skeleton_.reset(redirect__open_and_load());
    if (!skeleton_ && errno == EPERM) GTEST_SKIP() << "needs CAP_BPF and CAP_NET_ADMIN";
    ASSERT_TRUE(skeleton_) << "errno " << errno;
    netns_ = std::make_unique<TestNetns>();
  }

  // As XdpProgram does: in the table of all ports and in the direct-mapped one.
  void register_port(const millrace_port& port) {
    register_in(bpf_map__fd(skeleton_->maps.ports), port.ifindex, port);
    register_direct(port);
  }
  void register_direct(const millrace_port& port) {
    register_in(bpf_map__fd(skeleton_->maps.ports_direct), port.ifindex % MILLRACE_MAX_PORTS, port);
  }
  static void register_in(int map, std::uint32_t key, const millrace_port& port) {
    ASSERT_EQ(bpf_map_update_elem(map, &key, &port, BPF_ANY), 0);
  }
  // An AF_XDP socket needs no more than a receive ring to have a place in the map.
  void open_socket() {
    socket_ = UniqueFd(::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(socket_);
    const int entries = 64;
    ASSERT_EQ(::setsockopt(socket_.get(), SOL_XDP, XDP_RX_RING, &entries, sizeof(entries)), 0);
    const int fd = socket_.get();
    ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.xsks), &kXskBase, &fd, BPF_ANY), 0);
  }
  void add_prefix4(Ip4 prefix, std::uint32_t length, std::uint8_t value = MILLRACE_PREFIX_OURS,
                   std::uint32_t port = kSlot) {
    millrace_prefix4 key{.length = length + 32, .port = port, .address = {}};
    store_be32(key.address, prefix);
    ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.prefixes4), &key, &value, BPF_ANY),
              0);
  }
  void add_prefix6(const Ip6& prefix, std::uint32_t length,
                   std::uint8_t value = MILLRACE_PREFIX_OURS) {
    millrace_prefix6 key{.length = length + 32, .port = kSlot, .address = {}};
    std::memcpy(key.address, prefix.bytes.data(), 16);
    ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.prefixes6), &key, &value, BPF_ANY),
              0);
  }

  // What the program does with a frame that came in on queue 0 of the loopback device.
  std::uint32_t action_for(const Bytes& frame) {
    std::uint32_t action = UINT32_MAX;
    in_netns(netns_->path(), [&] {
      xdp_md context{};
      context.data_end = static_cast<std::uint32_t>(frame.size());
      context.ingress_ifindex = kLoopback;
      LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(),
                  .data_size_in = static_cast<std::uint32_t>(frame.size()), .ctx_in = &context,
                  .ctx_size_in = sizeof(context), .repeat = 1);
      const int program = bpf_program__fd(skeleton_->progs.millrace_redirect);
      EXPECT_EQ(bpf_prog_test_run_opts(program, &options), 0) << "errno " << errno;
      action = options.retval;
    });
    return action;
  }
  void expect_actions(const std::vector<Case>& cases) {
    for (const Case& c : cases) EXPECT_EQ(action_for(c.frame), c.action) << c.description;
  }

  static constexpr millrace_port kPodPort{.ifindex = kLoopback,
                                          .slot = kSlot,
                                          .queues = 1,
                                          .fallback = XDP_DROP,
                                          .take = MILLRACE_TAKE_ALL,
                                          .lane = 0,
                                          .vteps = {},
                                          .mac = {}};
  static constexpr millrace_port kUplink{.ifindex = kLoopback,
                                         .slot = kSlot,
                                         .queues = 1,
                                         .fallback = XDP_PASS,
                                         .take = MILLRACE_TAKE_OURS,
                                         .lane = 0,
                                         .vteps = {kVtep},
                                         .mac = {}};
  static constexpr millrace_port kDedicated{.ifindex = kLoopback,
                                            .slot = kSlot,
                                            .queues = 1,
                                            .fallback = XDP_PASS,
                                            .take = MILLRACE_TAKE_DEDICATED,
                                            .lane = 0,
                                            .vteps = {},
                                            .mac = {}};

 private:
  std::unique_ptr<redirect, void (*)(redirect*)> skeleton_{nullptr, redirect__destroy};
  std::unique_ptr<TestNetns> netns_;
  UniqueFd socket_;
};

TEST_F(RedirectTest, PassesFramesOfADeviceItDoesNotKnow) {
  open_socket();
  EXPECT_EQ(action_for(packet4({}, udp({}))), XDP_PASS);
}

TEST_F(RedirectTest, KnowsItsPortWhenAnotherOneHasTheDirectSlot) {
  register_port(kPodPort);
  millrace_port other = kUplink;
  other.ifindex = kLoopback + MILLRACE_MAX_PORTS;
  register_direct(other);
  open_socket();
  EXPECT_EQ(action_for(packet4({.protocol = kTcp}, tcp({}))), XDP_REDIRECT);
}

TEST_F(RedirectTest, TakesNothingForADeviceThatOnlySharesTheDirectSlot) {
  millrace_port other = kPodPort;
  other.ifindex = kLoopback + MILLRACE_MAX_PORTS;
  register_port(other);
  open_socket();
  EXPECT_EQ(action_for(packet4({}, udp({}))), XDP_PASS);
}

TEST_F(RedirectTest, TakesEveryFrameOfAPod) {
  register_port(kPodPort);
  open_socket();
  expect_actions(
      {{"IPv4", packet4({}, udp({})), XDP_REDIRECT},
       {"IPv6", packet6({}, udp({})), XDP_REDIRECT},
       {"tagged", tagged(packet4({}, udp({}))), XDP_REDIRECT},
       {"unknown", ethernet(kHostMac, kFarMac, 0x88b5, {}), XDP_REDIRECT},
       {"broadcast", ethernet({{255, 255, 255, 255, 255, 255}}, kFarMac, kEtherTypeArp, Bytes(28)),
        XDP_REDIRECT}});
}

TEST_F(RedirectTest, NeverLeavesThePacketsOfAPodToTheNode) {
  register_port(kPodPort);
  EXPECT_EQ(action_for(packet4({}, udp({}))), XDP_DROP) << "without a socket";
  millrace_port no_queue = kPodPort;
  no_queue.queues = 0;
  register_port(no_queue);
  open_socket();
  EXPECT_EQ(action_for(packet4({}, udp({}))), XDP_DROP) << "from a queue without a socket";
}

TEST_F(RedirectTest, LeavesASharedUplinkToTheNodeWhileThereIsNoSocket) {
  register_port(kUplink);
  const Bytes ours = packet4({}, udp({}));
  EXPECT_EQ(action_for(ours), XDP_PASS);
  open_socket();
  EXPECT_EQ(action_for(ours), XDP_REDIRECT);
  millrace_port no_queue = kUplink;
  no_queue.queues = 0;
  register_port(no_queue);
  EXPECT_EQ(action_for(ours), XDP_PASS);
}

TEST_F(RedirectTest, TakesFramesForTheVtepFromASharedUplink) {
  register_port(kUplink);
  open_socket();
  const Bytes vxlan4 = packet4({}, udp(counting(50)));
  const Bytes vxlan6 = packet6({}, udp(counting(50)));
  Bytes other_port4 = vxlan4;
  Bytes other_port6 = vxlan6;
  store_be16(&other_port4[kEthernetLength + 20 + 2], kVtepPort + 1);
  store_be16(&other_port6[kEthernetLength + 40 + 2], kVtepPort + 1);
  expect_actions(
      {{"IPv4", vxlan4, XDP_REDIRECT},
       {"IPv4, the first fragment", packet4({.fragment = ip4::kMoreFragments}, udp(counting(50))),
        XDP_REDIRECT},
       {"IPv4, a later fragment", packet4({.fragment = 8}, udp(counting(50))), XDP_PASS},
       {"IPv4, options", packet4({.options = {1, 1, 1, 1}}, udp({})), XDP_PASS},
       {"IPv4, another port", other_port4, XDP_PASS},
       {"IPv4, from the port but not to it", packet4({}, {0x13, 0x88, 0, 22, 0, 8, 0, 0}),
        XDP_PASS},
       {"IPv4, TCP", packet4({.protocol = kTcp}, tcp({})), XDP_PASS},
       {"IPv4, tagged", tagged(vxlan4), XDP_PASS},
       {"IPv6", vxlan6, XDP_REDIRECT},
       {"IPv6, another port", other_port6, XDP_PASS},
       {"IPv6, behind a hop-by-hop header",
        packet6({.next = ip6::kHopByHop}, join({extension(kProtoUdp), udp({})})), XDP_PASS},
       {"IPv6, TCP", packet6({.next = kTcp}, tcp({})), XDP_PASS}});
}

// Such as a VXLAN device of the kernel, which may use the same UDP port at another address.
TEST_F(RedirectTest, LeavesFramesForOtherVtepsOnThePortToTheNode) {
  millrace_port port = kUplink;
  port.vteps[1] = make_vtep(kVtepPort + 1, kPod4, {});
  register_port(port);
  open_socket();
  const auto to4 = [](Ip4 to, std::uint16_t udp_port) {
    Bytes frame = packet4({.destination = to}, udp(counting(50)));
    store_be16(&frame[kEthernetLength + 20 + 2], udp_port);
    return frame;
  };
  expect_actions(
      {{"another address, IPv4", to4(kPod4, kVtepPort), XDP_PASS},
       {"the other VTEP's port, IPv4", to4(kHost4, kVtepPort + 1), XDP_PASS},
       {"the other VTEP, IPv4", to4(kPod4, kVtepPort + 1), XDP_REDIRECT},
       {"another address, IPv6", packet6({.destination = kPod6}, udp(counting(50))), XDP_PASS}});
}

TEST_F(RedirectTest, LeavesTheTrafficOfTheNodeAlone) {
  register_port(kUplink);
  open_socket();
  expect_actions(
      {{"ARP", ethernet({{255, 255, 255, 255, 255, 255}}, kFarMac, kEtherTypeArp, Bytes(28)),
        XDP_PASS},
       {"TCP over IPv4", packet4({.protocol = kTcp}, tcp({})), XDP_PASS},
       {"ICMP", packet4({.protocol = kProtoIcmp}, icmp4_message(8, 0, 0, {})), XDP_PASS},
       {"neighbour discovery",
        packet6({.next = kProtoIcmp6, .hop_limit = 255}, icmp_message(135, 0, 0, Bytes(16))),
        XDP_PASS},
       {"LLDP", ethernet({{1, 0x80, 0xc2, 0, 0, 0x0e}}, kFarMac, 0x88cc, Bytes(46)), XDP_PASS}});
}

TEST_F(RedirectTest, KnowsNoVtepWhereThePortIsZero) {
  millrace_port port = kUplink;
  port.vteps[0].udp_port = 0;
  register_port(port);
  open_socket();
  Bytes to_port_zero = packet4({}, udp({}));
  store_be16(&to_port_zero[kEthernetLength + 20 + 2], 0);
  EXPECT_EQ(action_for(to_port_zero), XDP_PASS);
  EXPECT_EQ(action_for(packet4({}, udp({}))), XDP_PASS);
}

TEST_F(RedirectTest, TakesPacketsForOurPrefixesFromASharedUplink) {
  register_port(kUplink);
  open_socket();
  add_prefix4(ip4_address(10, 1, 0, 0), 24);
  add_prefix4(ip4_address(10, 9, 9, 9), 32);
  add_prefix6(ip6_address({0xfd00, 1, 0, 0, 0, 0, 0, 0}), 64);
  const auto to4 = [](Ip4 destination) {
    return packet4({.destination = destination, .protocol = kTcp}, tcp({}));
  };
  const auto to6 = [](const Ip6& destination) {
    return packet6({.destination = destination, .next = kTcp}, tcp({}));
  };
  Bytes from_prefix = to4(kHost4);
  store_be32(&from_prefix[kEthernetLength + ip4::kSource], kPod4);
  expect_actions(
      {{"IPv4", to4(kPod4), XDP_REDIRECT},
       {"IPv4, first of the prefix", to4(ip4_address(10, 1, 0, 0)), XDP_REDIRECT},
       {"IPv4, last of the prefix", to4(ip4_address(10, 1, 0, 255)), XDP_REDIRECT},
       {"IPv4, before the prefix", to4(ip4_address(10, 0, 255, 255)), XDP_PASS},
       {"IPv4, behind the prefix", to4(ip4_address(10, 1, 1, 0)), XDP_PASS},
       {"IPv4, a host prefix", to4(ip4_address(10, 9, 9, 9)), XDP_REDIRECT},
       {"IPv4, beside a host prefix", to4(ip4_address(10, 9, 9, 8)), XDP_PASS},
       {"IPv4, from the prefix", from_prefix, XDP_PASS},
       {"IPv4, a later fragment", packet4({.destination = kPod4, .fragment = 8}, counting(8)),
        XDP_REDIRECT},
       {"IPv4, options", packet4({.destination = kPod4, .options = {1, 1, 1, 1}}, udp({})),
        XDP_REDIRECT},
       {"IPv6", to6(kPod6), XDP_REDIRECT},
       {"IPv6, last of the prefix",
        to6(ip6_address({0xfd00, 1, 0, 0, 0xffff, 0xffff, 0xffff, 0xffff})), XDP_REDIRECT},
       {"IPv6, behind the prefix", to6(ip6_address({0xfd00, 1, 0, 1, 0, 0, 0, 0})), XDP_PASS},
       {"IPv6, extension header",
        packet6({.destination = kPod6, .next = ip6::kHopByHop}, extension(kProtoUdp)),
        XDP_REDIRECT}});
}

TEST_F(RedirectTest, KeepsThePrefixesOfTwoUplinksApart) {
  register_port(kUplink);
  open_socket();
  add_prefix4(ip4_address(10, 1, 0, 0), 24, MILLRACE_PREFIX_OURS, kSlot + 1);
  EXPECT_EQ(action_for(packet4({.destination = kPod4, .protocol = kTcp}, tcp({}))), XDP_PASS);
}

TEST_F(RedirectTest, LeavesTheNodesOwnAddressesToItInsideAPrefixOfOurs) {
  register_port(kUplink);
  open_socket();
  add_prefix4(ip4_address(192, 0, 2, 0), 24);
  add_prefix4(kHost4, 32, MILLRACE_PREFIX_NODE);
  EXPECT_EQ(action_for(packet4({.protocol = kTcp}, tcp({}))), XDP_PASS);
  EXPECT_EQ(action_for(packet4({.destination = kFar4, .protocol = kTcp}, tcp({}))), XDP_REDIRECT);
}

TEST_F(RedirectTest, LeavesTheNodeWhatItNeedsOnADedicatedUplink) {
  register_port(kDedicated);
  open_socket();
  add_prefix4(kHost4, 32, MILLRACE_PREFIX_NODE);
  add_prefix6(kHost6, 128, MILLRACE_PREFIX_NODE);
  const Ip6 link_local = ip6_address({0xfe80, 0, 0, 0, 0, 0, 0, 1});
  expect_actions(
      {{"transit, IPv4", packet4({.destination = kFar4, .protocol = kTcp}, tcp({})), XDP_REDIRECT},
       {"transit, IPv6", packet6({.destination = kFar6, .next = kTcp}, tcp({})), XDP_REDIRECT},
       {"the node, IPv4", packet4({.protocol = kTcp}, tcp({})), XDP_PASS},
       {"the node, IPv6", packet6({.next = kTcp}, tcp({})), XDP_PASS},
       {"ARP reply", ethernet(kHostMac, kFarMac, kEtherTypeArp, Bytes(28)), XDP_PASS},
       {"unicast neighbour solicitation",
        packet6({.destination = kFar6, .next = kProtoIcmp6, .hop_limit = 255},
                icmp_message(135, 0, 0, Bytes(16))),
        XDP_PASS},
       {"ICMPv6 echo in transit",
        packet6({.destination = kFar6, .next = kProtoIcmp6}, icmp_message(128, 0, 0, Bytes(16))),
        XDP_REDIRECT},
       {"to a link-local address", packet6({.destination = link_local, .next = kTcp}, tcp({})),
        XDP_PASS},
       {"a group",
        ethernet({{1, 0, 0x5e, 0, 0, 5}}, kFarMac, kEtherTypeIp4,
                 ip4_packet({.source = kFar4, .destination = ip4_address(224, 0, 0, 5)}, {})),
        XDP_PASS},
       {"tagged", tagged(packet4({.destination = kFar4}, udp({}))), XDP_PASS}});
}

TEST_F(RedirectTest, PassesFramesTooShortToTell) {
  register_port(kUplink);
  open_socket();
  add_prefix4(0, 0);
  add_prefix6({}, 0);
  const Bytes frame4 = packet4({}, udp({}));
  const Bytes frame6 = packet6({}, udp({}));
  for (std::size_t length = kEthernetLength; length < kEthernetLength + 40; ++length) {
    EXPECT_EQ(action_for(cut(frame6, length)), XDP_PASS) << length;
    if (length < kEthernetLength + 20) {
      EXPECT_EQ(action_for(cut(frame4, length)), XDP_PASS) << length;
    }
  }
  EXPECT_EQ(action_for(cut(frame4, kEthernetLength + 20)), XDP_REDIRECT);
  EXPECT_EQ(action_for(cut(frame6, kEthernetLength + 40)), XDP_REDIRECT);
}

TEST_F(RedirectTest, PassesAVtepFrameWithItsUdpHeaderCutShort) {
  register_port(kUplink);
  open_socket();
  const Bytes frame = packet4({}, udp({}));
  for (std::size_t length = kEthernetLength + 20; length < frame.size(); ++length)
    EXPECT_EQ(action_for(cut(frame, length)), XDP_PASS) << length;
  EXPECT_EQ(action_for(frame), XDP_REDIRECT);
}

}  // namespace

}  // namespace millrace
