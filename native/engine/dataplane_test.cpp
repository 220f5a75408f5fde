// Ports on real devices: they come, move, grow, shrink and go, with traffic, and every frame stays.
#include "engine/dataplane_fixture.hpp"

namespace millrace {

namespace {

const VethOptions kOnWorker0{}, kOnWorker1{.workers = {1}};

TEST_F(DataplaneTest, ForwardsBetweenPodsOfOneWorkerAndOfTwo) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    TestPod& b = add_pod(kBlueB, kOnWorker0);
    TestPod& c = add_pod(kRedC, kOnWorker1);
    EXPECT_EQ(pump(a, b, 500), 500u);
    EXPECT_EQ(pump(a, c, 500), 500u);
    EXPECT_EQ(pump(c, a, 500), 500u);
    EXPECT_EQ(counted(c, 1, kTxPackets), 500u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(DataplaneTest, GivesTheNumberOfARemovedPortToTheNext) {
  on_node([&] {
    add_pod(kBlueB, kOnWorker1);
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    for (int i = 0; i < 3; ++i) {
      const std::uint16_t number = a.info.port;
      remove(a);
      EXPECT_THROW(remove(a), std::invalid_argument);
      a.info = dataplane_->add_port(request_for(a, kOnWorker1));
      EXPECT_EQ(a.info.port, number);
      EXPECT_EQ(a.info.queues.at(0).worker, 1u);
    }
    remove_all();
  });
}

TEST_F(DataplaneTest, APortThatCannotBeMadeLeavesNothingBehind) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    AddPortRequest request = request_for(a, kOnWorker0);
    EXPECT_THROW(dataplane_->add_port(request), std::system_error) << "the queue is taken";
    request.workers = {7};
    EXPECT_THROW(dataplane_->add_port(request), std::invalid_argument);
    request.workers = {};
    EXPECT_THROW(dataplane_->add_port(request), std::invalid_argument);
    request = request_for(a, kOnWorker0);
    request.port.ifname = "mr-none";
    EXPECT_THROW(dataplane_->add_port(request), std::system_error);
    for (std::uint16_t lane = kQueuesPerPort; lane < 8 * kQueuesPerPort; ++lane)
      EXPECT_EQ(lent_to(lane), 0u) << "lane " << lane;
    TestPod& b = add_pod(kBlueB, kOnWorker0);
    EXPECT_EQ(b.info.port, 1u) << "a number was lost";
    EXPECT_EQ(pump(a, b, 100), 100u);
    remove_all();
  });
}

TEST_F(DataplaneTest, MovesAQueueUnderTrafficWithoutLosingAFrame) {
  on_node([&] {
    constexpr std::uint32_t kPackets = 20'000;
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    TestPod& b = add_pod(kBlueB, kOnWorker1);
    std::atomic<bool> done{false};
    std::uint32_t arrived = 0;
    std::thread traffic([&] {
      arrived = pump(a, b, kPackets);
      done = true;
    });
    std::uint32_t moves = 0;
    for (; !done; ++moves) {
      const PortInfo moved =
          dataplane_->move_port(moves % 3 == 0 ? b.info.port : a.info.port, 0, (moves / 3) % 2);
      EXPECT_EQ(moved.queues.at(0).worker, (moves / 3) % 2);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    traffic.join();
    EXPECT_EQ(arrived, kPackets);
    EXPECT_GT(moves, 20u);
    EXPECT_EQ(dropped(), 0u);
    EXPECT_THROW(dataplane_->move_port(a.info.port, 0, 2), std::invalid_argument);
    EXPECT_THROW(dataplane_->move_port(a.info.port, 1, 0), std::invalid_argument);
    remove_all();
  });
}

TEST_F(DataplaneTest, ReturnsEveryFrameOfAPortRemovedUnderTraffic) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    TestPod& b = add_pod(kBlueB, kOnWorker1);
    for (int i = 0; i < 3; ++i) {
      std::atomic<bool> stop{false};
      std::thread traffic([&] {
        for (std::uint32_t number = 0; !stop; ++number) {
          a.socket->send(numbered(kBlueA, kBlueB, number, 1000));
          b.socket->send(numbered(kBlueB, kBlueA, number, 1000));
        }
      });
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      remove(b);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      remove(a);
      stop = true;
      traffic.join();
      EXPECT_TRUE(eventually([&] { return frames_away() == 0; })) << frames_away() << " missing";
      a.info = dataplane_->add_port(request_for(a, kOnWorker0));
      b.info = dataplane_->add_port(request_for(b, kOnWorker1));
    }
    remove_all();
  });
}

// The pod asks its gateway all the time, while its port comes and goes: no answer may reach anybody
// else. Port 0 is where an answer without a way ends up.
TEST_F(DataplaneTest, AnswersOfAPortThatComesOrGoesReachNobodyElse) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    TestPod& b = add_pod(kBlueB, kOnWorker0);
    ASSERT_EQ(a.info.port, 0u);
    const Bytes echo = frame_from(
        kBlueB, kEtherTypeIp4,
        ip4_packet({.source = kBlueB.ip4, .destination = kBlueGateway4, .protocol = kProtoIcmp},
                   icmp4_message(8, 0, 1, counting(32))));
    std::atomic<bool> stop{false};
    std::thread traffic([&] {
      while (!stop) b.socket->send(echo);
    });
    for (int i = 0; i < 5; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      remove(b);
      b.info = dataplane_->add_port(request_for(b, kOnWorker0));
    }
    stop = true;
    traffic.join();
    EXPECT_EQ(counted(a, 0, kTxPackets) + counted(a, 1, kTxPackets), 0u);
    remove_all();
  });
}

TEST_F(DataplaneTest, ReceivesOnAllQueuesAndSendsByThem) {
  on_node([&] {
    const VethOptions two{.queues = 2, .workers = {0, 1}};
    TestPod& a = add_pod(kBlueA, two);
    TestPod& b = add_pod(kBlueB, two);
    ASSERT_EQ(a.info.queues.size(), 2u);
    EXPECT_EQ(pump(a, b, 2000), 2000u);
    EXPECT_GT(counted(a, 0, kRxPackets), 100u);
    EXPECT_GT(counted(a, 1, kRxPackets), 100u);
    EXPECT_GT(counted(b, 0, kTxPackets), 100u);
    EXPECT_GT(counted(b, 1, kTxPackets), 100u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(DataplaneTest, BothQueuesMayBelongToOneWorker) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, {.queues = 2, .workers = {1, 1}});
    TestPod& b = add_pod(kBlueB, kOnWorker0);
    EXPECT_EQ(pump(a, b, 1000), 1000u);
    EXPECT_EQ(pump(b, a, 1000), 1000u);
    dataplane_->move_port(a.info.port, 0, 0);
    EXPECT_EQ(pump(a, b, 1000), 1000u);
    EXPECT_EQ(pump(b, a, 1000), 1000u);
    dataplane_->move_port(a.info.port, 1, 0);
    EXPECT_EQ(pump(a, b, 1000), 1000u);
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

class QueuesTest : public DataplaneTest, public ::testing::WithParamInterface<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(SmallAndJumbo, QueuesTest, ::testing::Values(1500u, 9000u));

TEST_P(QueuesTest, AreFollowedWhenTheyComeAndGo) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, {.mtu = GetParam()});
    TestPod& b = add_pod(kBlueB, {.mtu = GetParam(), .workers = {1}});
    ASSERT_EQ(a.info.queues.size(), 1u);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(set_queues(a, 2));
      a.info = dataplane_->sync_queues(a.info.port, {0, 1});
      ASSERT_EQ(a.info.queues.size(), 2u);
      EXPECT_EQ(pump(a, b, 500), 500u);
      EXPECT_EQ(pump(b, a, 500), 500u);
      const std::uint64_t received = counted(a, 1, kRxPackets);
      EXPECT_GT(received, 0u);
      // The kernel takes no queue away that has a socket, so ours goes first.
      a.info = dataplane_->sync_queues(a.info.port, {0});
      ASSERT_EQ(a.info.queues.size(), 1u);
      ASSERT_TRUE(eventually([&] { return set_queues(a, 1); })) << "it still has";
      EXPECT_EQ(lent_to(lane_of(a.info.port, 1)), 0u);
      EXPECT_EQ(pump(a, b, 500), 500u);
      EXPECT_EQ(pump(b, a, 500), 500u);
    }
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(DataplaneTest, AQueueThatCannotBeHadChangesNothing) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    TestPod& b = add_pod(kBlueB, kOnWorker1);
    ASSERT_TRUE(set_queues(a, 2));
    EXPECT_THROW(dataplane_->sync_queues(a.info.port, {0, 9}), std::invalid_argument);
    EXPECT_THROW(dataplane_->sync_queues(a.info.port, {}), std::invalid_argument);
    EXPECT_EQ(lent_to(lane_of(a.info.port, 1)), 0u);
    ASSERT_TRUE(set_queues(a, 1));
    EXPECT_EQ(pump(a, b, 200), 200u);
    EXPECT_EQ(pump(b, a, 200), 200u);
    remove_all();
  });
}

TEST_F(DataplaneTest, JumboPacketsCrossInSeveralFramesByteForByte) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, {.mtu = 9000});
    TestPod& b = add_pod(kBlueB, {.mtu = 9000, .workers = {1}});
    ASSERT_TRUE(a.info.multi_buffer);
    for (const std::size_t data : {8972u, 8971u, 4000u, 1800u, 1751u, 64u}) {
      EXPECT_EQ(pump(a, b, 300, data), 300u) << data << " bytes";
      EXPECT_EQ(pump(b, a, 300, data), 300u) << data << " bytes";
    }
    EXPECT_EQ(dropped(), 0u);
    remove_all();
  });
}

TEST_F(DataplaneTest, ReturnsEveryFrameOfJumboPacketsUnderAStorm) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, {.mtu = 9000});
    TestPod& b = add_pod(kBlueB, {.mtu = 9000, .workers = {1}});
    const Bytes there = numbered(kBlueA, kBlueB, 1, 8972);
    const Bytes back = numbered(kBlueB, kBlueA, 1, 8972);
    for (int i = 0; i < 5000; ++i) {
      a.socket->send(there);
      b.socket->send(back);
    }
    for (const TestPod* pod : {&a, &b})  // until it is over
      while (!pod->socket->receive(300).empty()) {
      }
    EXPECT_EQ(pump(a, b, 100, 8972, 100'000), 100u) << "afterwards";
    remove_all();
  });
}

TEST_F(DataplaneTest, UsesOneFramePerPacketWhereTheMtuAllows) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, {.mtu = max_single_buffer_mtu(2048)});
    TestPod& b = add_pod(kBlueB, {.mtu = max_single_buffer_mtu(2048) + 1});
    EXPECT_FALSE(a.info.multi_buffer);
    EXPECT_TRUE(b.info.multi_buffer);
    EXPECT_EQ(pump(a, b, 200, max_single_buffer_mtu(2048) - 28), 200u);
    EXPECT_EQ(pump(b, a, 200, max_single_buffer_mtu(2048) - 28), 200u);
    remove_all();
  });
}

TEST_F(DataplaneTest, StopsWithPortsAndStartsAgain) {
  on_node([&] {
    TestPod& a = add_pod(kBlueA, kOnWorker0);
    TestPod& b = add_pod(kBlueB, kOnWorker1);
    EXPECT_EQ(pump(a, b, 100), 100u);
    dataplane_->stop();
    EXPECT_THROW(remove(a), std::invalid_argument);
    dataplane_->start();
    EXPECT_TRUE(eventually([&] { return frames_away() == 0; })) << frames_away() << " are missing";
    a.info = dataplane_->add_port(request_for(a, kOnWorker0));
    b.info = dataplane_->add_port(request_for(b, kOnWorker1));
    remove_all();
  });
}

}  // namespace

}  // namespace millrace
