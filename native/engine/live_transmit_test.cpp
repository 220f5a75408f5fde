// Live-frame transmit on real veths: who gets it, what it carries, and what becomes of frames when
// the other end changes its mind.
#include "engine/live_transmit_fixture.hpp"

#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace millrace {

namespace {

constexpr std::uint32_t kTxRingFull =
    kFirstDrop + static_cast<std::uint32_t>(DropReason::kTxRingFull);

TEST_F(LiveTransmitTest, FollowsTheXdpProgramOfThePod) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    TestPod& b = add_pod(kBlueB);
    EXPECT_TRUE(eventually([&] { return refused(b).find("no XDP frames") != std::string::npos; }))
        << refused(b);
    {
      const PodProgram program(b, XDP_PASS);
      EXPECT_TRUE(becomes(b, "live-frames")) << refused(b);
      EXPECT_EQ(refused(b), "");
      EXPECT_EQ(backend(a), "copy") << "the other pod has no program";
      EXPECT_EQ(pump(a, b, 500), 500u);
    }
    EXPECT_TRUE(becomes(b, "copy"));
    EXPECT_EQ(pump(a, b, 500), 500u);
    expect_total(b, kTxPackets, 1000u);
    expect_total(b, kTxMoves, 2u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(LiveTransmitTest, LeavesPodsToAfXdpWhoseSocketsWouldKeepTheFrames) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    in_netns(a.netns->path(), [] { ASSERT_EQ(run("ethtool -K eth0 gro on"), 0); });
    EXPECT_TRUE(eventually([&] { return refused(a).find("no XDP program") != std::string::npos; }))
        << refused(a);
    EXPECT_EQ(backend(a), "copy");
    remove_all();
  });
}

TEST_F(LiveTransmitTest, StaysWithAfXdpWhereTheNetworkSaysSo) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, {.transmit = TransmitWish::kAfXdp});
    const PodProgram program(a, XDP_PASS);
    EXPECT_TRUE(eventually([&] { return refused(a).find("af-xdp") != std::string::npos; }));
    EXPECT_EQ(backend(a), "copy");
    remove_all();
  });
}

TEST_F(LiveTransmitTest, CarriesFramesOfEveryLengthWithRightChecksums) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    TestPod& b = add_pod(kBlueB, {.mtu = 3500, .transmit = TransmitWish::kLiveFrames});
    const PodProgram program(b, XDP_PASS);
    ASSERT_TRUE(becomes(b, "live-frames")) << refused(b);
    std::uint32_t sent = 0;
    for (const std::size_t data : {18, 64, 333, 1458}) {
      EXPECT_EQ(pump(a, b, 300, data), 300u) << data;
      sent += 300;
    }
    expect_total(b, kTxLivePackets, sent);
    expect_total(b, kTxPackets, sent);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(LiveTransmitTest, GivesFramesInSeveralBuffersToAfXdpInTheirPlace) {
  on_node([&] {
    const VethOptions jumbo{.mtu = 9000};
    TestPod& a = add_pod(kBlueA, jumbo);
    TestPod& b = add_pod(kBlueB, {.mtu = 9000, .transmit = TransmitWish::kLiveFrames});
    in_netns(b.netns->path(), [] { ASSERT_EQ(run("ethtool -K eth0 gro on"), 0); });
    ASSERT_TRUE(becomes(b, "live-frames")) << refused(b);
    EXPECT_EQ(pump(a, b, 200, 64), 200u);
    EXPECT_EQ(pump(a, b, 200, 6000), 200u);
    expect_total(b, kTxLivePackets, 200u);
    expect_total(b, kTxPackets, 400u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(LiveTransmitTest, SendsFramesAgainThatTheDeviceTakesNoMore) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    TestPod& b = add_pod(kBlueB, kAlways);
    for (std::uint32_t i = 1; i <= 3; ++i) {
      auto program = std::make_unique<PodProgram>(b, XDP_PASS);
      ASSERT_TRUE(becomes(b, "live-frames")) << refused(b);
      EXPECT_EQ(pump(a, b, 100), 100u);
      expect_total(b, kTxLivePackets, i * 100);
      program.reset();
      EXPECT_EQ(pump(a, b, 100), 100u) << "nobody has looked at the device yet";
      EXPECT_EQ(backend(b), "copy");
    }
    expect_total(b, kTxPackets, 600u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(LiveTransmitTest, CountsWhatTheDeviceHasNoRoomFor) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    TestPod& b = add_pod(kBlueB, kAlways);
    const PodProgram program(b, XDP_PASS);
    ASSERT_TRUE(becomes(b, "live-frames")) << refused(b);
    // A device refuses what is too long for its other end as it does what its ring has no room for.
    EXPECT_TRUE(eventually([&] {
      in_netns(b.netns->path(), [] { run("ip link set eth0 mtu 1500"); });
      if (!eventually([&] { return pump(a, b, 1, 1400) == 1; })) return false;
      const std::uint64_t before = total(b, kTxRingFull);
      const std::uint64_t sent = total(b, kTxPackets);
      in_netns(b.netns->path(), [] { run("ip link set eth0 mtu 600"); });
      for (std::uint32_t i = 0; i < 5; ++i) a.socket->send(numbered(a.pod, b.pod, i, 1400));
      return eventually([&] { return total(b, kTxRingFull) == before + 5; },
                        std::chrono::milliseconds(200)) &&
             total(b, kTxPackets) == sent;
    }));
    EXPECT_TRUE(eventually([&] { return pump(a, b, 100, 100) == 100; }));
    remove_all();
  });
}

TEST_F(LiveTransmitTest, LeavesSmallBatchesToAfXdpUnlessForced) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    TestPod& b = add_pod(kBlueB);
    const PodProgram program(b, XDP_PASS);
    ASSERT_TRUE(becomes(b, "live-frames")) << refused(b);
    burst(a, b, 20);
    EXPECT_EQ(read_all(b), 20u);
    expect_total(b, kTxLivePackets, 0u);
    burst(a, b, 200);  // the FILL ring is long enough by now
    EXPECT_EQ(read_all(b), 200u);
    EXPECT_GE(total(b, kTxLivePackets), 128u);
    expect_total(b, kTxPackets, 220u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(LiveTransmitTest, ServesSeveralPortsAndWorkersAtOnce) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, {.workers = {0}});
    TestPod& b = add_pod(kBlueB, {.workers = {1}, .transmit = TransmitWish::kLiveFrames});
    TestPod& c = add_pod(kRedC, {.workers = {0}, .transmit = TransmitWish::kLiveFrames});
    const PodProgram one(b, XDP_PASS);
    const PodProgram other(c, XDP_PASS);
    ASSERT_TRUE(becomes(b, "live-frames") && becomes(c, "live-frames"));
    std::thread back([&] { EXPECT_EQ(pump(b, c, 2000), 2000u); });
    EXPECT_EQ(pump(a, b, 2000), 2000u);
    back.join();
    EXPECT_EQ(pump(c, a, 500), 500u);
    expect_total(b, kTxLivePackets, 2000u);
    expect_total(c, kTxLivePackets, 2000u);
    dataplane_->move_port(b.info.port, 0, 0);
    EXPECT_EQ(backend(b), "live-frames");
    EXPECT_EQ(pump(a, b, 500), 500u);
    expect_total(b, kTxLivePackets, 2500u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(LiveTransmitTest, GoesBackWhenFramesAreKeptInNumbers) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    TestPod& b = add_pod(kBlueB);
    const PodProgram program(b, XDP_PASS);
    ASSERT_TRUE(becomes(b, "live-frames")) << refused(b);
    const auto& worker = dataplane_->workers()[0];
    worker->between_rounds([&] { worker->live.held_limits.pages = 400; });
    EXPECT_TRUE(eventually([&] {
      burst(a, b, 200);  // nobody reads them
      return backend(b) == "copy";
    }));
    EXPECT_TRUE(eventually([&] { return refused(b).find("not freed") != std::string::npos; }))
        << refused(b);
    remove_all();
  });
}

TEST_F(LiveTransmitTest, SurvivesTheEndOfThePodAndOfThePortUnderTraffic) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA);
    TestPod& b = add_pod(kBlueB, kAlways);
    TestPod& c = add_pod(kRedC, kAlways);
    const PodProgram one(b, XDP_DROP);
    const PodProgram other(c, XDP_DROP);
    ASSERT_TRUE(becomes(b, "live-frames") && becomes(c, "live-frames"));
    std::atomic<bool> done{false};
    std::thread traffic([&] {
      for (std::uint32_t i = 0; !done; ++i) {
        a.socket->send(numbered(a.pod, b.pod, i, 64));
        a.socket->send(numbered(a.pod, c.pod, i, 64));
      }
    });
    in_netns(c.netns->path(), [] { run("ip link del eth0"); });
    remove(c);
    remove(b);
    done = true;
    traffic.join();
    remove(a);
    EXPECT_TRUE(eventually([&] { return frames_away() == 0; })) << frames_away() << " are missing";
  });
}

std::size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TEST_F(LiveTransmitTest, LeavesNoDescriptorAndNoDeviceBehind) {
  const auto once = [&] {
    on_node([&] {
      TestPod& a = add_pod(kBlueA, kAlways);
      const PodProgram program(a, XDP_DROP);
      ASSERT_TRUE(becomes(a, "live-frames"));
      EXPECT_NE(run("ip link show live0"), 0) << "its device is nobody's business";
      remove_all();
    });
  };
  once();  // what the libraries keep is open from here on
  const std::size_t before = open_files();
  once();
  EXPECT_TRUE(eventually([&] { return open_files() <= before; })) << open_files() - before;
}

// The numbers of all programs that this process has.
std::vector<std::uint32_t> own_programs() {
  std::vector<std::uint32_t> ids;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(file.path());
    for (std::string key; info >> key;) {
      std::uint32_t id = 0;
      if (key == "prog_id:" && info >> id) ids.push_back(id);
    }
  }
  return ids;
}

// What a killed process had is the kernel's to free.
TEST_F(LiveTransmitTest, ADeathLeavesNothingBehind) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const LiveDevices devices;
    const LiveProgram program(devices);
    const std::vector<std::uint32_t> ids = own_programs();
    (void)!::write(ends[1], ids.data(), ids.size() * sizeof(ids[0]));
    ::pause();
  }
  std::array<std::uint32_t, 64> ids{};
  const ssize_t length = ::read(ends[0], ids.data(), sizeof(ids));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_GT(length, 0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(length) / sizeof(ids[0]); ++i)
    EXPECT_TRUE(eventually([&] { return !UniqueFd(bpf_prog_get_fd_by_id(ids[i])); })) << ids[i];
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace

}  // namespace millrace
