// Packets that go on in further frames.
#include "graph/bridge_fixture.hpp"
#include "graph/segments.hpp"

namespace millrace {

namespace {

// Takes chains, as an AF_XDP port with XDP_USE_SG does.
class ChainPort final : public Port {
 public:
  ChainPort(const PortConfig& port_config, FramePool& pool) : Port(port_config), pool_(pool) {}
  std::uint32_t receive(Packet*, std::uint32_t) override { return 0; }
  std::uint32_t transmit(Packet* const* packets, std::uint32_t count) override {
    for (std::uint32_t i = 0; i < count; ++i) {
      Bytes whole;
      for_each_segment(*packets[i], pool_.table(), 0, [&](const std::uint8_t* p, std::uint32_t n) {
        whole.insert(whole.end(), p, p + n);
      });
      sent.push_back(whole);
      pool_.put_chain(packets[i]->tail);
      pool_.put(packets[i]->frame);
    }
    return count;
  }
  bool flush() override { return false; }

  std::vector<Bytes> sent;

 private:
  FramePool& pool_;
};

class BridgeJumboTest : public BridgeTest {
 protected:
  BridgeJumboTest() {
    for (std::size_t i = 0; i < kStations.size(); ++i) {
      net.reconfigure(kStations[i], [](PortConfig& config) { config.mtu = 9000; });
      ports_[i] = std::make_unique<ChainPort>(net.port(kStations[i]).config, net.pool);
      net.graph.attach(*ports_[i]);
    }
  }

  void send_chain(const Pod& from, const Bytes& frame, std::uint32_t part) {
    FrameTable& frames = net.pool.table();
    Packet packet;
    packet.frame = net.pool.take();
    packet.data = net.umem.frame(packet.frame) + MemoryPort::kHeadroom;
    packet.length = static_cast<std::uint32_t>(frame.size());
    std::copy_n(frame.begin(), part, packet.data);
    std::uint32_t* next = &packet.tail;
    for (std::size_t at = part; at < frame.size(); at += part) {
      const std::uint32_t tail = *next = net.pool.take();
      frames[tail].offset = MemoryPort::kHeadroom;
      frames[tail].length =
          static_cast<std::uint16_t>(std::min<std::size_t>(part, frame.size() - at));
      std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at), frames[tail].length,
                  frames.data(tail));
      packet.tail_length += frames[tail].length;
      next = &frames[tail].next;
    }
    net.graph.process(&packet, 1, net.port(from).config);
  }
  std::vector<Bytes> sent_to(const Pod& pod) {
    return std::exchange(ports_[pod.port - kGreenA.port]->sent, {});
  }

  std::array<std::unique_ptr<ChainPort>, kStations.size()> ports_;
};

TEST_F(BridgeJumboTest, CopiesAllFramesOfAPacket) {
  for (const std::uint32_t part : {1000u, 2999u, 3001u}) {
    const Bytes frame = l2_udp(kBroadcastMac, kGreenA, 8000);
    send_chain(kGreenA, frame, part);
    for (const Pod& pod : {kGreenB, kGreenC, kGreenUplink})
      EXPECT_EQ(sent_to(pod), std::vector<Bytes>{frame});
  }
}

TEST_F(BridgeJumboTest, CompletesAChecksumOverAllFramesOfEachCopy) {
  const Bytes complete = l2_udp(kBroadcastMac, kGreenA, 8000);
  Bytes frame = complete;
  set_checksum(frame, {kProtoUdp, kEthernetLength + ip4::kMinHeader, 6}, Checksum::kPartial);
  send_chain(kGreenA, frame, 3001);
  for (const Pod& pod : {kGreenB, kGreenC, kGreenUplink})
    EXPECT_EQ(sent_to(pod), std::vector<Bytes>{complete});
}

TEST_F(BridgeJumboTest, MakesNoCopyThatWouldLackAFrame) {
  std::vector<std::uint32_t> taken;
  while (net.pool.available() > 5) taken.push_back(net.pool.take());
  const Bytes frame = l2_udp(kBroadcastMac, kGreenA, 5000);
  send_chain(kGreenA, frame, 2000);  // three frames; two are left
  EXPECT_TRUE(sent_to(kGreenB).empty());
  EXPECT_EQ(sent_to(kGreenUplink), std::vector<Bytes>{frame});
  EXPECT_EQ(net.counters_of(kGreenA).drops(DropReason::kNoFreeFrame), 2u);
  EXPECT_EQ(net.pool.available(), 5u);
  for (const std::uint32_t free : taken) net.pool.put(free);
}

TEST_F(BridgeJumboTest, DropsAWholePacket) {
  send_chain(kGreenA, l2_udp(kGreenB.mac, kGreenA, 9001), 3000);
  EXPECT_EQ(net.counters_of(kGreenA).drops(DropReason::kMtuExceeded), 1u);
}

}  // namespace

}  // namespace millrace
