#include "graph/graph_fixture.hpp"

namespace millrace {

namespace {

class TransmitTest : public GraphTest {
 protected:
  // Distinguishable packets: the length tells which one it is.
  static Bytes numbered(const Pod& from, const Pod& to, std::size_t number) {
    return udp4(from, to.ip4, number);
  }
};

TEST_F(TransmitTest, CountsAFullRingAtTheOutputPort) {
  net.port(kBlueB).limit_tx(3);
  for (std::size_t i = 0; i < 10; ++i) net.port(kBlueA).inject(numbered(kBlueA, kBlueB, i));
  net.run();
  EXPECT_EQ(received_by(kBlueB).size(), 3u);
  EXPECT_EQ(net.counters_of(kBlueB).get(kTxPackets), 3u);
  EXPECT_EQ(net.counters_of(kBlueB).drops(DropReason::kTxRingFull), 7u);
  EXPECT_EQ(net.counters_of(kBlueA).drops(DropReason::kTxRingFull), 0u);
}

TEST_F(TransmitTest, CountsOnlyTheBytesThatWereSent) {
  net.port(kBlueB).limit_tx(2);
  for (std::size_t i = 0; i < 4; ++i) net.port(kBlueA).inject(numbered(kBlueA, kBlueB, i));
  net.run();
  std::uint64_t bytes = 0;
  for (const Bytes& frame : received_by(kBlueB)) bytes += frame.size();
  EXPECT_EQ(net.counters_of(kBlueB).get(kTxBytes), bytes);
}

TEST_F(TransmitTest, DropsTheLastFramesWhenTheRingIsFull) {
  net.port(kBlueB).limit_tx(2);
  const std::vector<Bytes> frames = {numbered(kBlueA, kBlueB, 0), numbered(kBlueA, kBlueB, 1),
                                     numbered(kBlueA, kBlueB, 2)};
  for (const Bytes& frame : frames) net.port(kBlueA).inject(frame);
  net.run();
  const std::vector<Bytes> sent = received_by(kBlueB);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(hex(sent[0]), hex(forwarded(frames[0], kBlueB)));
  EXPECT_EQ(hex(sent[1]), hex(forwarded(frames[1], kBlueB)));
}

TEST_F(TransmitTest, FillsOneRingWithoutHarmToAnother) {
  net.port(kBlueB).limit_tx(0);
  for (std::size_t i = 0; i < 6; ++i)
    net.port(kBlueA).inject(numbered(kBlueA, i % 2 == 0 ? kBlueA : kBlueB, i));
  net.run();
  EXPECT_EQ(received_by(kBlueA).size(), 3u);
  EXPECT_EQ(net.counters_of(kBlueB).drops(DropReason::kTxRingFull), 3u);
}

TEST_F(TransmitTest, CountsALostErrorAsRefusedAndAsNotSent) {
  net.port(kBlueA).limit_tx(0);
  send(kBlueA, udp4(kBlueA, ip4_address(198, 51, 100, 1)));
  EXPECT_EQ(net.counters_of(kBlueA).drops(DropReason::kNoRoute), 1u);
  EXPECT_EQ(net.counters_of(kBlueA).get(kIcmpErrors), 1u);
  EXPECT_EQ(net.counters_of(kBlueA).drops(DropReason::kTxRingFull), 1u);
}

TEST_F(TransmitTest, KeepsTheOrderTowardEachPort) {
  std::vector<Bytes> to_a;
  std::vector<Bytes> to_b;
  for (std::size_t i = 0; i < kMaxBurst; ++i) {
    const Pod& to = i % 3 == 0 ? kBlueA : kBlueB;
    const Bytes frame = numbered(kBlueA, to, i);
    net.port(kBlueA).inject(frame);
    (i % 3 == 0 ? to_a : to_b).push_back(forwarded(frame, to));
  }
  net.run();
  EXPECT_EQ(received_by(kBlueA), to_a);
  EXPECT_EQ(received_by(kBlueB), to_b);
}

TEST_F(TransmitTest, CompletesChecksumsPerOutputPort) {
  net.port(kBlueB).offload_checksums(true);
  const Transport4or6 transport{kProtoUdp, kEthernetLength + ip4::kMinHeader, 6};
  for (const Pod& to : {kBlueA, kBlueB}) {
    Bytes frame = udp4(kBlueA, to.ip4);
    set_checksum(frame, transport, Checksum::kPartial);
    net.port(kBlueA).inject(frame);
  }
  net.run();
  const auto completed = net.port(kBlueA).take_sent();
  const auto left = net.port(kBlueB).take_sent();
  ASSERT_EQ(completed.size(), 1u);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(completed[0].checksum_start, 0u);
  EXPECT_EQ(left[0].checksum_start, transport.start);
}

}  // namespace

}  // namespace millrace
