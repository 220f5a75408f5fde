#pragma once
// GoogleTest fixture: the graph with its flow lane, and the XDP program on the same table, run by
// the kernel on frames of ours (BPF_PROG_TEST_RUN).
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bpf/redirect.h"
#include "bpf/tc_port.h"
#include "engine/lane_maps.hpp"
#include "engine/tc_maps.hpp"
#include "graph/vxlan_network.hpp"
#include "link/netns.hpp"
#include "link/test_netns.hpp"

namespace millrace {

class LaneFixture : public ::testing::Test {
 protected:
  struct Left {
    std::uint16_t port;
    Bytes frame;
  };
  static constexpr std::uint32_t kEntries = 1024;

  void SetUp() override {
    if (const std::string missing = TestNetns::missing(); !missing.empty()) GTEST_SKIP() << missing;
    libbpf_set_print(nullptr);
    netns_ = std::make_unique<TestNetns>();
    load();
    if (skeleton_ == nullptr) GTEST_SKIP() << "needs CAP_BPF and CAP_NET_ADMIN";
    if (!lane_->missing().empty()) GTEST_SKIP() << lane_->missing();
    net_ = std::make_unique<TestNetwork>(TestNetwork::kUnlimited, 4096, &table());
    net_->graph.clock = coarse_clock;
    overlay_ = std::make_unique<VxlanNetwork>(*net_);
    for (const Pod& pod : kPods) open(pod);
    for (const Pod& pod : kStations) open(pod);
    net_->adjacencies.changes.watch(&table().generation());
    for (Vrf* vrf : {&net_->blue, &net_->red}) vrf->fib4.changes.watch(&table().generation());
  }
  void TearDown() override {
    if (net_ != nullptr) net_->adjacencies.changes.watch(nullptr);
  }

  LaneTable& table() { return lane_->table(); }
  TestNetwork& net() { return *net_; }

  // What leaves the graph for a frame from a port.
  std::vector<Left> through_graph(const Pod& from, const Bytes& frame) {
    net_->port(from).inject(frame);
    net_->run();
    std::vector<Left> left;
    const auto take = [&](const Pod& pod) {
      for (auto& sent : net_->port(pod).take_sent())
        left.push_back({pod.port, std::move(sent.bytes)});
    };
    for (const Pod& pod : kPods) take(pod);
    for (const Pod& pod : kStations) take(pod);
    return left;
  }

  // What leaves by the lane; nothing when the frame is left to the loop.
  std::optional<Left> through_lane(const Pod& from, const Bytes& frame) {
    if (tc_ != nullptr) return through_tc(from, frame, 0);
    const std::optional<Bytes> forwarded = run_program(from, frame);
    if (!forwarded) return std::nullopt;
    return Left{accounted_to(), *forwarded};
  }

  // The programs at tcx take the place of the XDP program.
  void use_tc() {
    tc_.reset(tc_port__open());
    ASSERT_NE(tc_, nullptr);
    ASSERT_EQ(share_tables(*tc_, *skeleton_), 0);
    ASSERT_EQ(tc_port__load(tc_.get()), 0);
    for (std::uint32_t slot = 0; slot < MILLRACE_MAX_PORTS; ++slot) {
      const millrace_tc_device device{.ifindex = kLoopback, .mac = {}, .peer = 0};
      bpf_map_update_elem(bpf_map__fd(tc_->maps.tc_devices), &slot, &device, BPF_ANY);
    }
  }
  // gso_size: bytes of payload in a segment of a super-frame; 0: it is none.
  std::optional<Left> through_tc(const Pod& from, const Bytes& frame, std::uint32_t gso_size) {
    const std::optional<Bytes> redirected = run_tc(from, frame, gso_size);
    if (!redirected) return std::nullopt;
    const std::uint16_t port = accounted_to();
    if (port != UINT16_MAX) return Left{port, *redirected};
    EXPECT_EQ(*redirected, frame) << "changed on its way to the ring loop";
    return std::nullopt;
  }
  // Of the last frame that left by the lane.
  LaneTable::Traffic counted_{};

 private:
  static constexpr std::uint32_t kLoopback = 1;  // the only interface of a new network namespace

  void load() {
    in_netns(netns_->path(), [&] {
      skeleton_.reset(redirect__open());
      if (!skeleton_) return;
      size_lane(*skeleton_, kEntries);
      if (const int error = redirect__load(skeleton_.get()); error != 0) {
        EXPECT_EQ(error, -EPERM) << "the kernel refuses the program";
        return skeleton_.reset();
      }
      lane_ = std::make_unique<FlowLane>(lane_maps(*skeleton_));
    });
  }
  // Which device a flow leaves by does not matter here: what was accounted tells the port.
  void open(const Pod& pod) {
    net_->reconfigure(pod, [&](PortConfig& config) {
      config.lane = true;
      if (pod.port != kRedC.port) return;
      config.uplink = true;
      config.has_ip4 = config.has_ip6 = false;
    });
    in_netns(netns_->path(), [&] { lane_->add_device(pod.port, kLoopback); });
    table().set_target(pod.port, true);
  }
  void describe(const Pod& from) {
    const millrace_port port = port_of(from);
    const std::uint32_t ifindex = kLoopback;
    EXPECT_EQ(bpf_map_update_elem(bpf_map__fd(skeleton_->maps.ports), &ifindex, &port, BPF_ANY), 0);
  }
  static millrace_port port_of(const Pod& from) {
    millrace_port port{};
    port.ifindex = kLoopback;
    port.slot = from.port;
    port.fallback = XDP_DROP;
    port.lane = 1;
    std::memcpy(port.mac, from.gateway_mac.bytes.data(), 6);
    if (from.port == kRedC.port) port.vteps[0] = {__builtin_bswap32(kVtep4), 4789, 0, {}};
    return port;
  }
  struct Run {
    int error;  // as a negative errno; 0: the program has run
    std::uint32_t action;
    Bytes frame;
  };
  template <typename Context>
  Run run_once(const bpf_program* program, const Bytes& frame, Context& context) {
    Bytes out(4096);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = out.data(),
                .data_size_in = static_cast<std::uint32_t>(frame.size()),
                .data_size_out = static_cast<std::uint32_t>(out.size()), .ctx_in = &context,
                .ctx_size_in = sizeof(context), .repeat = 1);
    int error = 0;
    in_netns(netns_->path(),
             [&] { error = bpf_prog_test_run_opts(bpf_program__fd(program), &options); });
    out.resize(options.data_size_out);
    return {error, options.retval, out};
  }
  std::optional<Bytes> run_tc(const Pod& from, const Bytes& frame, std::uint32_t gso_size) {
    constexpr std::uint32_t kRedirected = 7;  // TC_ACT_REDIRECT
    describe(from);
    const std::uint32_t ifindex = kLoopback;
    const millrace_tc_port port{from.port, kLoopback, MILLRACE_TAKE_ALL, 0};
    bpf_map_update_elem(bpf_map__fd(tc_->maps.tc_ports), &ifindex, &port, BPF_ANY);
    const auto& programs = tc_->progs;
    const bpf_program* const program =
        from.port == kRedC.port ? programs.millrace_tc_uplink : programs.millrace_tc_pod;
    __sk_buff context{};
    context.ifindex = kLoopback;
    context.gso_size = gso_size;
    const Run run = run_once(program, frame, context);
    // The kernel runs no program on a frame whose IP header is cut short.
    EXPECT_TRUE(run.error == 0 || frame.size() < kEthernetLength + ip6::kHeader)
        << "errno " << -run.error;
    if (run.error != 0) return std::nullopt;
    EXPECT_EQ(run.action, kRedirected);
    return run.frame;
  }
  std::optional<Bytes> run_program(const Pod& from, const Bytes& frame) {
    describe(from);
    xdp_md context{};
    context.data_end = static_cast<std::uint32_t>(frame.size());
    context.ingress_ifindex = kLoopback;
    const Run run = run_once(skeleton_->progs.millrace_redirect, frame, context);
    EXPECT_EQ(run.error, 0) << "errno " << -run.error;
    if (run.action != XDP_REDIRECT) return std::nullopt;
    return run.frame;
  }
  std::uint16_t accounted_to() {
    std::uint16_t port = UINT16_MAX;
    table().sweep(coarse_clock(), [&](const millrace_lane& flow, const LaneTable::Traffic& passed) {
      counted_ = passed;
      port = flow.out;
    });
    return port;
  }

  std::unique_ptr<TestNetns> netns_;
  std::unique_ptr<redirect, void (*)(redirect*)> skeleton_{nullptr, redirect__destroy};
  std::unique_ptr<tc_port, void (*)(tc_port*)> tc_{nullptr, tc_port__destroy};
  std::unique_ptr<FlowLane> lane_;
  std::unique_ptr<TestNetwork> net_;
  std::unique_ptr<VxlanNetwork> overlay_;
};

}  // namespace millrace
